/** Chains extended below a key that must not issue, and chains of other layouts (THREATS T01 to T03, T43). */
import { makeExtension, makeName } from '../certificate.ts';
import { sequence, utf8 } from '../der.ts';
import { encodeDescription } from '../key-description.ts';
import { makeKeyPair } from '../key-pair.ts';
import {
  type ChainPlan,
  type ChangeContext,
  certificateAt,
  type PlannedCertificate,
  signedWith,
} from '../plan.ts';
import { editChain, issueFrom } from './changes.ts';
import type { Defect } from './defect.ts';
import { addExtension } from './extensions.ts';

const FACTORY = { provisioning: 'factory' } as const;
const KEY_DESCRIPTION = '1.3.6.1.4.1.11129.2.1.17';
const CBOR_ONE_TO_EIGHT = Uint8Array.of(0xa1, 0x01, 0x08);

export const EXTENSION_DEFECTS: readonly Defect[] = [
  {
    name: 'extended-with-forged-attestation',
    rule: 'T01',
    summary: 'a hand-made leaf that claims anything, signed by an ordinary app key',
    expects: {
      code: 'CHAIN_EXTENDED_FAKE_ATTESTATION',
      cert: 1,
      field: 'hardwareEnforced.purpose',
    },
    apply: (plan, { random }) => {
      const genuine = certificateAt(plan, 0);
      extendBelow(plan, { ...genuine, key: makeKeyPair('P_256', random) });
    },
  },
  {
    name: 'extended-without-attestation',
    rule: 'T02',
    summary: 'a hand-made leaf without attestation, signed by an ordinary app key',
    expects: { code: 'CHAIN_EXTENDED_FOR_KEY', cert: 0 },
    apply: (plan, { random }) => {
      const { description: _, ...genuine } = certificateAt(plan, 0);
      extendBelow(plan, { ...genuine, key: makeKeyPair('P_256', random) });
    },
  },
  {
    name: 'forged-sub-keybox',
    rule: 'T03',
    summary: 'a forged attestation certificate below a leaked one',
    device: FACTORY,
    expects: { code: 'CHAIN_SHAPE_UNKNOWN', cert: 1 },
    apply: insertForgedAttestation,
  },
  {
    name: 'forged-sub-keybox-remote',
    rule: 'T03',
    summary: 'a forged attestation certificate below a leaked, remotely provisioned one',
    expects: { code: 'CHAIN_SHAPE_UNKNOWN', cert: 1 },
    apply: insertForgedAttestation,
  },
  {
    name: 'missing-issuer',
    rule: 'T03',
    summary: 'the leaf issued by the certificate under the anchor',
    device: FACTORY,
    expects: { code: 'CHAIN_SHAPE_UNKNOWN' },
    apply: (plan) => {
      plan.certificates.splice(1, 1);
      issueFrom(plan, 0);
    },
  },
  {
    name: 'attestation-on-issuer',
    rule: 'T01',
    summary: 'an attestation certificate that carries a KeyDescription itself',
    expects: { code: 'CHAIN_EXTENDED_FAKE_ATTESTATION', cert: 1 },
    apply: (plan) => {
      const description = certificateAt(plan, 0).description as NonNullable<
        PlannedCertificate['description']
      >;
      addExtension(plan, 1, makeExtension(KEY_DESCRIPTION, encodeDescription(description)));
    },
  },
  {
    name: 'unreadable-attestation-on-issuer',
    rule: 'T43',
    summary:
      'an attestation certificate with a KeyDescription that cannot be read, marked critical',
    expects: { code: 'CHAIN_EXTENDED_FAKE_ATTESTATION', cert: 1 },
    apply: (plan) => addExtension(plan, 1, makeExtension(KEY_DESCRIPTION, utf8('?'), true)),
  },
  {
    name: 'attestation-on-root',
    rule: 'T05',
    summary: 'a reissued root that carries a KeyDescription',
    expects: { code: 'CHAIN_EXTENDED_FAKE_ATTESTATION', cert: 4 },
    apply: (plan) => addExtension(plan, 4, makeExtension(KEY_DESCRIPTION, sequence())),
  },
  {
    name: 'no-attestation',
    rule: 'T43',
    summary: 'a key that was made without a challenge: no KeyDescription',
    expects: { code: 'TARGET_MISSING_ATTESTATION_EXTENSION', cert: 0 },
    apply: withoutAttestation,
  },
  {
    name: 'eat-attestation',
    rule: 'B39',
    summary: 'an attestation in EAT format',
    expects: { code: 'ATTESTATION_FORMAT_UNSUPPORTED', cert: 0 },
    apply: (plan) => {
      withoutAttestation(plan);
      addExtension(plan, 0, makeExtension('1.3.6.1.4.1.11129.2.1.25', CBOR_ONE_TO_EIGHT));
    },
  },
  {
    name: 'knox-attestation',
    rule: 'B39',
    summary: 'an attestation in Samsung Knox format',
    expects: { code: 'ATTESTATION_FORMAT_UNSUPPORTED', cert: 0 },
    apply: (plan) => {
      withoutAttestation(plan);
      addExtension(plan, 0, makeExtension('1.3.6.1.4.1.236.11.3.23.7', sequence()));
    },
  },
  {
    name: 'only-a-root',
    rule: 'T49',
    summary: 'nothing but the root',
    expects: { code: 'CHAIN_SHAPE_UNKNOWN', cert: 0 },
    apply: (plan) => editChain(plan, (chain) => chain.slice(-1)),
  },
  {
    name: 'too-many-certificates',
    rule: 'T49',
    summary: 'eight certificates',
    attest: { attestKeys: 3 },
    passes: { attestKeys: 0 },
    expects: { code: 'CHAIN_TOO_LONG' },
    apply: () => {},
  },
];

/** Puts `leaf` below the leaf, which signs it. */
function extendBelow(plan: ChainPlan, leaf: PlannedCertificate): void {
  const signer = certificateAt(plan, 0);
  const parts = { ...leaf.parts, issuer: signer.parts.subject, spki: leaf.key.spki };
  const { signed: _, ...unsigned } = leaf;
  plan.certificates.unshift({
    ...unsigned,
    parts: signedWith(parts, signer.key, 'sha256'),
    signer: signer.key,
  });
}

/** Puts a copy of the attestation certificate, with a key of its own, between it and the leaf. */
function insertForgedAttestation(plan: ChainPlan, { random }: ChangeContext): void {
  const leaked = certificateAt(plan, 1);
  const key = makeKeyPair('P_256', random);
  const { signed: _, ...forged } = leaked;
  const parts = {
    ...leaked.parts,
    issuer: leaked.parts.subject,
    subject: makeName({ CN: 'feedfacefeedfacefeedfacefeedface', O: 'TEE' }),
    extensions: leaked.parts.extensions.slice(0, 2),
    spki: key.spki,
  };
  plan.certificates.splice(1, 0, {
    ...forged,
    key,
    parts: signedWith(parts, leaked.key, 'sha256'),
    signer: leaked.key,
  });
  issueFrom(plan, 0);
}

function withoutAttestation(plan: ChainPlan): void {
  const { description: _, ...rest } = certificateAt(plan, 0);
  plan.certificates[0] = rest;
}
