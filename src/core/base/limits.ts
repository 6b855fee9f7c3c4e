/**
 * Every limit of the verifier, each with the reason for its number.
 *
 * A limit is refused by name (THREATS T49), before memory or time is spent in proportion to it.
 */

/**
 * Certificates in one chain, root included: leaf, two nested ATTEST_KEYs, attestation, Droid CA3,
 * Droid CA2 and the root is the longest layout that exists.
 */
export const MAX_CHAIN_LENGTH = 7;

/**
 * Bytes of one certificate. The largest seen is an ML-DSA-65 leaf of 2,570; ML-DSA-87 signatures on
 * every link (4,627 bytes each) and a KeyDescription with 64 packages still fit.
 */
export const MAX_CERTIFICATE_BYTES = 16 * 1024;

/** Extensions of one certificate. Real ones carry at most 10; duplicates are searched pairwise. */
export const MAX_EXTENSIONS = 64;

/** Relative distinguished names in one Name. Real ones have at most 6. */
export const MAX_NAME_ATTRIBUTES = 16;

/** Octets of a serial number: RFC 5280 4.1.2.2. */
export const MAX_SERIAL_BYTES = 20;

/** Content octets of an OBJECT IDENTIFIER: those in use take some dozen, and decimal text costs their square. */
export const MAX_OID_BYTES = 64;

/** Octets of an INTEGER field of a KeyDescription: 64 unsigned bits need nine. */
export const MAX_INTEGER_BYTES = 9;

/** Values in one authorization list. The fullest real list has 21 fields, the schema about 50. */
export const MAX_LIST_VALUES = 256;

/** Members of one SET OF INTEGER. KeyMint's largest enumeration has 7 members. */
export const MAX_SET_MEMBERS = 64;

/** Packages of one application id: keystore fills at most 1 KiB, and a package needs 15 bytes. */
export const MAX_PACKAGES = 64;

/** Signer digests of one application id: keystore fills at most 1 KiB at 34 bytes each. */
export const MAX_SIGNER_DIGESTS = 16;

/** Bytes of a signer digest: SHA-256. */
export const SIGNER_DIGEST_BYTES = 32;

/** Bytes of a challenge a real keystore accepts (AOSP KeyMint, attestKey). */
export const MAX_CHALLENGE_BYTES = 128;

/** Bytes of a ProvisioningInfo. The largest seen is 14. */
export const MAX_PROVISIONING_INFO_BYTES = 4096;

/** Modulus of an RSA key that may sign a link: below 2048 is forgeable, above 8192 only costs us. */
export const MIN_RSA_BITS = 2048;
export const MAX_RSA_BITS = 8192;
export const MIN_RSA_EXPONENT = 65537n;
