/**
 * The authorization list of KeyDescription as data: tag, name, and what stands in its EXPLICIT tag
 * (AOSP keystore attestation schema, version 500).
 */

/** AIDL names by value. Values without a name stay numbers. */
export type Names = Readonly<Record<string, string>>;

export type FieldType =
  | { readonly kind: 'integer'; readonly names?: Names; readonly closed?: true }
  | { readonly kind: 'set'; readonly names: Names }
  | { readonly kind: 'null' }
  | { readonly kind: 'text' }
  | { readonly kind: 'octets' }
  | { readonly kind: 'root-of-trust' }
  | { readonly kind: 'application-id' };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** A field that decisions rest on: unreadable, it refuses the description; others are left unread. */
  readonly decides: boolean;
}

export const SECURITY_LEVELS: Names = { 0: 'Software', 1: 'TrustedEnvironment', 2: 'StrongBox' };
export const BOOT_STATES: Names = { 0: 'Verified', 1: 'SelfSigned', 2: 'Unverified', 3: 'Failed' };

const ORIGINS: Names = {
  0: 'GENERATED',
  1: 'DERIVED',
  2: 'IMPORTED',
  3: 'RESERVED',
  4: 'SECURELY_IMPORTED',
};

const PURPOSES: Names = {
  0: 'ENCRYPT',
  1: 'DECRYPT',
  2: 'SIGN',
  3: 'VERIFY',
  5: 'WRAP_KEY',
  6: 'AGREE_KEY',
  7: 'ATTEST_KEY',
};

const ALGORITHMS: Names = {
  1: 'RSA',
  3: 'EC',
  4: 'ML_DSA',
  32: 'AES',
  33: 'TRIPLE_DES',
  128: 'HMAC',
};

const BLOCK_MODES: Names = { 1: 'ECB', 2: 'CBC', 3: 'CTR', 32: 'GCM' };

const DIGESTS: Names = {
  0: 'NONE',
  1: 'MD5',
  2: 'SHA1',
  3: 'SHA_2_224',
  4: 'SHA_2_256',
  5: 'SHA_2_384',
  6: 'SHA_2_512',
};

const PADDINGS: Names = {
  1: 'NONE',
  2: 'RSA_OAEP',
  3: 'RSA_PSS',
  4: 'RSA_PKCS1_1_5_ENCRYPT',
  5: 'RSA_PKCS1_1_5_SIGN',
  64: 'PKCS7',
};

const CURVES: Names = { 0: 'P_224', 1: 'P_256', 2: 'P_384', 3: 'P_521', 4: 'CURVE_25519' };
const ML_DSA_VARIANTS: Names = { 1: 'ML_DSA_65', 2: 'ML_DSA_87' };

const INTEGER = { kind: 'integer' } as const;
const NULL = { kind: 'null' } as const;
const TEXT = { kind: 'text' } as const;

export const FIELDS: ReadonlyMap<number, Field> = new Map<number, Field>([
  [1, decides('purpose', { kind: 'set', names: PURPOSES })],
  [2, decides('algorithm', { kind: 'integer', names: ALGORITHMS })],
  [3, decides('keySize', INTEGER)],
  [4, informs('blockMode', { kind: 'set', names: BLOCK_MODES })],
  [5, decides('digest', { kind: 'set', names: DIGESTS })],
  [6, informs('padding', { kind: 'set', names: PADDINGS })],
  [7, informs('callerNonce', NULL)],
  [8, informs('minMacLength', INTEGER)],
  [10, decides('ecCurve', { kind: 'integer', names: CURVES })],
  [11, decides('mlDsaVariant', { kind: 'integer', names: ML_DSA_VARIANTS })],
  [200, informs('rsaPublicExponent', INTEGER)],
  [203, informs('mgfDigest', { kind: 'set', names: DIGESTS })],
  [303, informs('rollbackResistance', NULL)],
  [305, informs('earlyBootOnly', NULL)],
  [400, informs('activeDateTime', INTEGER)],
  [401, informs('originationExpireDateTime', INTEGER)],
  [402, informs('usageExpireDateTime', INTEGER)],
  [405, informs('usageCountLimit', INTEGER)],
  [502, informs('userSecureId', INTEGER)],
  [503, decides('noAuthRequired', NULL)],
  [504, decides('userAuthType', INTEGER)],
  [505, decides('authTimeout', INTEGER)],
  [506, informs('allowWhileOnBody', NULL)],
  [507, informs('trustedUserPresenceReq', NULL)],
  [508, informs('trustedConfirmationReq', NULL)],
  [509, informs('unlockedDeviceReq', NULL)],
  [600, decides('allApplications', NULL)],
  [701, informs('creationDateTime', INTEGER)],
  [702, decides('origin', { kind: 'integer', names: ORIGINS, closed: true })],
  [703, informs('rollbackResistant', NULL)],
  [704, decides('rootOfTrust', { kind: 'root-of-trust' })],
  [705, informs('osVersion', INTEGER)],
  [706, informs('osPatchLevel', INTEGER)],
  [709, decides('attestationApplicationId', { kind: 'application-id' })],
  [710, informs('attestationIdBrand', TEXT)],
  [711, informs('attestationIdDevice', TEXT)],
  [712, informs('attestationIdProduct', TEXT)],
  [713, informs('attestationIdSerial', TEXT)],
  [714, informs('attestationIdImei', TEXT)],
  [715, informs('attestationIdMeid', TEXT)],
  [716, informs('attestationIdManufacturer', TEXT)],
  [717, informs('attestationIdModel', TEXT)],
  [718, informs('vendorPatchLevel', INTEGER)],
  [719, informs('bootPatchLevel', INTEGER)],
  [720, decides('deviceUniqueAttestation', NULL)],
  [721, informs('identityCredentialKey', NULL)],
  [723, informs('attestationIdSecondImei', TEXT)],
  [724, informs('moduleHash', { kind: 'octets' })],
]);

function decides(name: string, type: FieldType): Field {
  return { name, type, decides: true };
}

function informs(name: string, type: FieldType): Field {
  return { name, type, decides: false };
}
