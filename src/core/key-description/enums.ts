/**
 * Enumerations of KeyMint, by the names of their AIDL files. A position is a value; gaps are null.
 * A value without a name stays a number in reports, except where decisions rest on it.
 */

const ENUMS = {
  Algorithm: { 1: 'RSA', 3: 'EC', 4: 'ML_DSA', 32: 'AES', 33: 'TRIPLE_DES', 128: 'HMAC' },
  BlockMode: { 1: 'ECB', 2: 'CBC', 3: 'CTR', 32: 'GCM' },
  Digest: {
    0: 'NONE',
    1: 'MD5',
    2: 'SHA1',
    3: 'SHA_2_224',
    4: 'SHA_2_256',
    5: 'SHA_2_384',
    6: 'SHA_2_512',
  },
  EcCurve: { 0: 'P_224', 1: 'P_256', 2: 'P_384', 3: 'P_521', 4: 'CURVE_25519' },
  KeyOrigin: {
    0: 'GENERATED',
    1: 'DERIVED',
    2: 'IMPORTED',
    3: 'RESERVED',
    4: 'SECURELY_IMPORTED',
  },
  KeyPurpose: {
    0: 'ENCRYPT',
    1: 'DECRYPT',
    2: 'SIGN',
    3: 'VERIFY',
    5: 'WRAP_KEY',
    6: 'AGREE_KEY',
    7: 'ATTEST_KEY',
  },
  MlDsaVariant: { 1: 'ML_DSA_65', 2: 'ML_DSA_87' },
  PaddingMode: {
    1: 'NONE',
    2: 'RSA_OAEP',
    3: 'RSA_PSS',
    4: 'RSA_PKCS1_1_5_ENCRYPT',
    5: 'RSA_PKCS1_1_5_SIGN',
    64: 'PKCS7',
  },
} as const satisfies Record<string, Readonly<Record<number, string>>>;

export type EnumName = keyof typeof ENUMS;

/** AIDL name of a value, or undefined if the enumeration has none for it. */
export function enumNameOf(name: EnumName, value: number | bigint): string | undefined {
  return (ENUMS[name] as Readonly<Record<string, string>>)[String(value)];
}

/** Value of an AIDL name, or undefined if the enumeration has no such name. */
export function enumValueOf(name: EnumName, text: string): number | undefined {
  const found = Object.entries(ENUMS[name]).find(([, each]) => each === text);
  return found === undefined ? undefined : Number(found[0]);
}

/** AIDL name of a value, or the value in decimal. */
export function describeEnum(name: EnumName, value: number | bigint): string {
  return enumNameOf(name, value) ?? String(value);
}

/** SecurityLevel.aidl; KEYSTORE (100) never leaves the device. */
export const SECURITY_LEVELS = ['Software', 'TrustedEnvironment', 'StrongBox'] as const;

/** VerifiedBootState of the attestation schema. */
export const BOOT_STATES = ['Verified', 'SelfSigned', 'Unverified', 'Failed'] as const;
export type BootState = (typeof BOOT_STATES)[number];

export const ORIGIN_GENERATED = 0;
export const PURPOSE_ATTEST_KEY = 7;
