/** Vectors for enrolment continuity: the record of the same device, with one thing changed. */
import type { FindingCode, Severity } from '../../src/core/base/index.ts';
import { type EnrolledDevice, toEnrolledDevice } from '../../src/core/continuity/index.ts';
import type { Evidence } from '../../src/simulator/index.ts';
import { proveIn, type World } from '../support/world.ts';
import type { JudgedVector } from './judged.ts';

/** What a sound device enrols as. */
export function enrolled(world: World, evidence: Evidence): EnrolledDevice {
  const { path, keyDescription } = proveIn(world, evidence.chain);
  if (!path.ok || !keyDescription?.ok) throw new Error('the evidence of this vector is not sound');
  return toEnrolledDevice(path.value, keyDescription.value);
}

const OTHER = '77'.repeat(32);

function vector(
  name: string,
  [code, field, severity = 'reject']: readonly [FindingCode, string, Severity?],
  then: (now: EnrolledDevice) => Partial<EnrolledDevice>,
  handleFits = true,
): JudgedVector {
  return {
    name,
    rule: 'T29',
    world: 'google-like',
    policy: 'android-hardware',
    expects: { code, severity, field },
    change: (world, evidence) => {
      const now = enrolled(world, evidence);
      return { enrolment: { kind: 'verified', device: { ...now, ...then(now) }, handleFits } };
    },
  };
}

export const CONTINUITY_VECTORS: readonly JudgedVector[] = [
  {
    ...vector(
      'an enrolment record of somebody else',
      ['ENROLMENT_RECORD_INVALID', 'enrolmentRecord'],
      () => ({}),
    ),
    change: () => ({ enrolment: { kind: 'refused', reason: 'TOKEN_KEY_UNKNOWN' } }),
  },
  vector(
    'an enrolment record of another handle',
    ['ENROLMENT_HANDLE_MISMATCH', 'context.handle'],
    () => ({}),
    false,
  ),
  vector('another key', ['ENROLMENT_KEY_CHANGED', 'key.spkiSha256', 'review'], () => ({
    key: OTHER,
  })),
  vector('a lower security level', ['ENROLMENT_LEVEL_LOWER', 'securityLevel'], () => ({
    securityLevel: 'StrongBox',
  })),
  vector('another boot key', ['ENROLMENT_BOOT_KEY_CHANGED', 'verifiedBootKey'], () => ({
    bootKey: OTHER,
  })),
  vector(
    'an older patch level',
    ['ENROLMENT_PATCH_ROLLBACK', 'osPatchLevel'],
    ({ patchFloor }) => ({
      patchFloor: { ...patchFloor, osPatchLevel: 20_991_200 },
    }),
  ),
  vector(
    'an application signed by others',
    ['ENROLMENT_SIGNERS_CHANGED', 'attestationApplicationId.signatureDigests'],
    () => ({ signers: [OTHER] }),
  ),
];
