/** Bounds on work, each with the rule it comes from. */

/** Two ATTEST_KEYs in a remote chain with its root (THREATS T05). */
export const MAX_CERTIFICATES = 7;
/** An ML-DSA leaf has 2,570 bytes; room is left for ML-DSA signatures (THREATS T49). */
export const MAX_CERTIFICATE_BYTES = 16 * 1024;
/** THREATS T49. */
export const MAX_EXTENSIONS = 64;
/** More than any name; names are compared and printed. */
export const MAX_NAME_ATTRIBUTES = 16;
/** RFC 5280 section 4.1.2.2. */
export const MAX_SERIAL_OCTETS = 20;
/** Decimal text of an endless identifier would cost its square (THREATS T49). */
export const MAX_IDENTIFIER_OCTETS = 64;
/** Devices nest at most two app-owned keys (THREATS T05). */
export const MAX_ATTEST_KEYS = 2;
/** THREATS T49. */
export const MAX_LIST_ELEMENTS = 256;
export const MAX_SET_MEMBERS = 64;
/** THREATS B38. */
export const MAX_PACKAGES = 64;
export const MAX_SIGNER_DIGESTS = 16;
