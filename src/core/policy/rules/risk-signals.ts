/** Marks that spoofing tools leave in a record (THREATS T26). Each is a signal, not a proof. */
import { type Finding, finding, MAX_CHALLENGE_BYTES } from '../../base/index.ts';
import { FIELDS, PURPOSE_ATTEST_KEY } from '../../key-description/index.ts';
import type { RiskCode } from '../policy.ts';
import type { Subject } from '../subject.ts';

/** Certificates a device is issued in 30 days: 8 to 64 are usual in real chains. */
const MANY_CERTIFICATES = 1024;

/** Pairs of attestation and Keymaster version of old devices; KeyMint's two are equal. */
const KEYMASTER_PAIRS: ReadonlySet<string> = new Set([
  '1/1',
  '1/2',
  '2/1',
  '2/3',
  '3/4',
  '3/41',
  '4/41',
]);
const FIRST_KEYMINT_VERSION = 100;

/**
 * Keys that one attestation key vouches for in a day: a device (remote) makes some dozens, and a batch
 * (factory) is 100,000 devices and more (Android CDD 9.11.1).
 */
const MANY_KEYS_A_DAY = { remote: 1000, factory: 1_000_000 } as const;

export const RISK_CHECKS: Readonly<Record<RiskCode, (subject: Subject) => Finding | undefined>> = {
  RISK_ROT_TAG_LAST: ({ description }) => {
    const order = description.hardwareEnforced.tagOrder;
    const at = order.indexOf(FIELDS.rootOfTrust.tag);
    const isBehind = order.slice(0, Math.max(at, 0)).some((tag) => tag > FIELDS.rootOfTrust.tag);
    return isBehind
      ? finding('RISK_ROT_TAG_LAST', { cert: 0, field: 'hardwareEnforced.rootOfTrust' })
      : undefined;
  },

  RISK_MODULEHASH_HW: ({ description }) =>
    description.hardwareEnforced.fields.moduleHash === undefined
      ? undefined
      : finding('RISK_MODULEHASH_HW', { cert: 0, field: 'hardwareEnforced.moduleHash' }),

  RISK_LEAF_KEYCERTSIGN: ({ path, description }) => {
    const isAttestKey = description.hardwareEnforced.fields.purpose?.includes(PURPOSE_ATTEST_KEY);
    return !isAttestKey && path.leafOnlyCertifies
      ? finding('RISK_LEAF_KEYCERTSIGN', { cert: 0, field: 'keyUsage' })
      : undefined;
  },

  RISK_ZERO_BOOT_KEY: ({ posture: { boot } }) => {
    if (boot?.state !== 'Verified') return undefined;
    const blank = boot.keyIsBlank && boot.key !== '' ? 'Key' : boot.hashIsBlank ? 'Hash' : null;
    return blank === null
      ? undefined
      : finding('RISK_ZERO_BOOT_KEY', {
          cert: 0,
          field: `hardwareEnforced.rootOfTrust.verifiedBoot${blank}`,
        });
  },

  RISK_UNKNOWN_BOOT_KEY: ({ description, posture: { boot }, registry }) => {
    const model = description.hardwareEnforced.fields.attestationIdModel;
    if (model === undefined || boot === null || boot.keyIsBlank || registry === null) {
      return undefined;
    }
    const known = [...registry.releases, ...registry.systems].filter(({ models }) =>
      models.includes(model),
    );
    const isNew =
      known.length > 0 &&
      !known.some(({ verifiedBootKeys }) => verifiedBootKeys.includes(boot.key));
    return isNew
      ? finding(
          'RISK_UNKNOWN_BOOT_KEY',
          { cert: 0, field: 'hardwareEnforced.rootOfTrust.verifiedBootKey' },
          { got: boot.key },
        )
      : undefined;
  },

  RISK_ATTEST_VERSION_PAIR: ({ description }) => {
    const { attestationVersion, keyMintVersion } = description;
    const belongs =
      attestationVersion >= FIRST_KEYMINT_VERSION
        ? attestationVersion === keyMintVersion
        : KEYMASTER_PAIRS.has(`${attestationVersion}/${keyMintVersion}`);
    return belongs
      ? undefined
      : finding(
          'RISK_ATTEST_VERSION_PAIR',
          { cert: 0, field: 'keyMintVersion' },
          { expected: attestationVersion, got: keyMintVersion },
        );
  },

  RISK_PI_MANUFACTURER: ({ description, provisioningInfo, path }) => {
    const provisioned = provisioningInfo?.manufacturer ?? undefined;
    const attested = description.hardwareEnforced.fields.attestationIdManufacturer;
    const differs =
      provisioned !== undefined &&
      attested !== undefined &&
      provisioned.toLowerCase() !== attested.toLowerCase();
    return differs
      ? finding('RISK_PI_MANUFACTURER', {
          cert: path.layout.attestationAt,
          field: 'provisioningInfo',
        })
      : undefined;
  },

  RISK_CERTS_ISSUED_HIGH: ({ provisioningInfo, path }) => {
    const issued = provisioningInfo?.certificatesIssued ?? 0;
    return issued < MANY_CERTIFICATES
      ? undefined
      : finding(
          'RISK_CERTS_ISSUED_HIGH',
          { cert: path.layout.attestationAt, field: 'provisioningInfo' },
          { expected: MANY_CERTIFICATES, got: issued },
        );
  },

  RISK_ATTESTATION_KEY_VELOCITY: ({ path, attestationKeyUse = null }) => {
    const expected = MANY_KEYS_A_DAY[path.layout.provisioning];
    return attestationKeyUse !== null && attestationKeyUse > expected
      ? finding(
          'RISK_ATTESTATION_KEY_VELOCITY',
          { cert: path.layout.attestationAt, field: 'subjectPublicKeyInfo' },
          { expected, got: attestationKeyUse },
        )
      : undefined;
  },

  RISK_CHALLENGE_TOO_LONG: ({ description }) => {
    const { length } = description.attestationChallenge;
    return length <= MAX_CHALLENGE_BYTES
      ? undefined
      : finding(
          'RISK_CHALLENGE_TOO_LONG',
          { cert: 0, field: 'attestationChallenge' },
          { expected: MAX_CHALLENGE_BYTES, got: length },
        );
  },
};
