/** Chains with attestation keys made by apps (THREATS T05). */
import { sequence } from '../der.ts';
import {
  integerField,
  nullField,
  setField,
  TAG,
  withField,
  withoutField,
} from '../key-description.ts';
import { change } from '../plan.ts';
import { changeDescription, changeHardware, changeSoftware } from './changes.ts';
import type { Defect } from './defect.ts';

const FACTORY = { provisioning: 'factory' } as const;
const ONE_ATTEST_KEY = { attestKeys: 1 } as const;

export const ATTEST_KEY_DEFECTS: readonly Defect[] = [
  {
    name: 'attest-key',
    rule: 'T05',
    summary: 'a genuine chain with an app-owned ATTEST_KEY, which the policy does not admit',
    attest: ONE_ATTEST_KEY,
    passes: { attestKeys: 0 },
    expects: { code: 'ATTEST_KEY_NOT_ALLOWED', cert: 1 },
    apply: () => {},
  },
  {
    name: 'attest-key-challenge',
    rule: 'T05',
    summary: 'an ATTEST_KEY that was made for another challenge, which is allowed and said',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: {
      code: 'ATTEST_KEY_CHALLENGE',
      cert: 1,
      field: 'attestationChallenge',
      severity: 'info',
    },
    apply: (plan, { random }) =>
      changeDescription(plan, () => ({ attestationChallenge: random.bytes(32) }), 1),
  },
  {
    name: 'attest-key-may-sign',
    rule: 'T05',
    summary: 'an ATTEST_KEY that may also sign data',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: { code: 'ATTEST_KEY_PURPOSE_INVALID', cert: 1, field: 'hardwareEnforced.purpose' },
    apply: (plan) =>
      changeHardware(plan, (list) => withField(list, setField(TAG.purpose, [2, 7])), 1),
  },
  {
    name: 'attest-key-without-purpose',
    rule: 'T05',
    summary: 'an ATTEST_KEY whose purposes only the operating system states',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: {
      code: 'CHAIN_EXTENDED_FAKE_ATTESTATION',
      cert: 1,
      field: 'hardwareEnforced.purpose',
    },
    apply: (plan) => changeHardware(plan, (list) => withoutField(list, TAG.purpose), 1),
  },
  {
    name: 'attest-key-unreadable',
    rule: 'T05',
    summary: 'an ATTEST_KEY whose record cannot be read',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: { code: 'K_BAD_STRUCTURE', cert: 1, field: 'attestationVersion' },
    apply: (plan) => {
      change(plan, 1, { editDescription: () => sequence() });
    },
  },
  {
    name: 'attest-key-imported',
    rule: 'T05',
    summary: 'an ATTEST_KEY that was imported',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: { code: 'ATTEST_KEY_INVALID', cert: 1, field: 'hardwareEnforced.origin' },
    apply: (plan) =>
      changeHardware(plan, (list) => withField(list, integerField(TAG.origin, 2)), 1),
  },
  {
    name: 'attest-key-all-applications',
    rule: 'T05',
    summary: 'an ATTEST_KEY that every app may use',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: { code: 'ATTEST_KEY_INVALID', cert: 1, field: 'softwareEnforced.allApplications' },
    apply: (plan) =>
      changeSoftware(plan, (list) => withField(list, nullField(TAG.allApplications)), 1),
  },
  {
    name: 'attest-key-other-level',
    rule: 'T05',
    summary: 'an ATTEST_KEY whose attestation has another security level',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: { code: 'ATTEST_KEY_MISMATCH', cert: 1, field: 'attestationSecurityLevel' },
    apply: (plan) => changeDescription(plan, () => ({ attestationSecurityLevel: 2 }), 1),
  },
  {
    name: 'attest-key-other-key-level',
    rule: 'T05',
    summary: 'an ATTEST_KEY of another security level',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: { code: 'ATTEST_KEY_MISMATCH', cert: 1, field: 'keyMintSecurityLevel' },
    apply: (plan) => changeDescription(plan, () => ({ keyMintSecurityLevel: 2 }), 1),
  },
  {
    name: 'attest-key-other-boot',
    rule: 'T05',
    summary: 'an ATTEST_KEY made before the bootloader was unlocked',
    attest: { attestKeys: 2 },
    policy: 'inspect',
    expects: { code: 'ATTEST_KEY_MISMATCH', cert: 2, field: 'hardwareEnforced.rootOfTrust' },
    apply: (plan) =>
      changeHardware(plan, (list) => list.filter(({ tag }) => tag !== TAG.rootOfTrust), 2),
  },
  {
    name: 'attest-key-other-patch',
    rule: 'T05',
    summary: 'an ATTEST_KEY of another boot patch level',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: { code: 'ATTEST_KEY_MISMATCH', cert: 1, field: 'hardwareEnforced.bootPatchLevel' },
    apply: (plan) =>
      changeHardware(
        plan,
        (list) => withField(list, integerField(TAG.bootPatchLevel, 20200101)),
        1,
      ),
  },
  {
    name: 'attest-key-other-app',
    rule: 'T05',
    summary: 'an ATTEST_KEY of another app',
    attest: ONE_ATTEST_KEY,
    policy: 'inspect',
    expects: {
      code: 'ATTEST_KEY_MISMATCH',
      cert: 1,
      field: 'softwareEnforced.attestationApplicationId',
    },
    apply: (plan) =>
      changeSoftware(
        plan,
        (list) => list.filter(({ tag }) => tag !== TAG.attestationApplicationId),
        1,
      ),
  },
  {
    name: 'three-attest-keys',
    rule: 'T05',
    summary: 'three nested ATTEST_KEYs where devices nest at most two',
    device: FACTORY,
    attest: { attestKeys: 3 },
    passes: { attestKeys: 2 },
    policy: 'inspect',
    expects: { code: 'CHAIN_SHAPE_UNKNOWN', cert: 3 },
    apply: () => {},
  },
];
