/** Roots and signatures that are not what they seem (THREATS T06, T08). */
import { makeName, makeSerial } from '../certificate.ts';
import { type Bytes, nullValue, objectIdentifier, sequence } from '../der.ts';
import { TAG, textField, withField } from '../key-description.ts';
import { makeKeyPair } from '../key-pair.ts';
import {
  type ChainPlan,
  type ChangeContext,
  certificateAt,
  change,
  changeParts,
  signedWith,
} from '../plan.ts';
import { changeHardware, issueFrom } from './changes.ts';
import type { Defect } from './defect.ts';

export const ANCHOR_DEFECTS: readonly Defect[] = [
  {
    name: 'unknown-root',
    rule: 'T06',
    summary: 'the whole chain under a root of the attacker’s own',
    expects: { code: 'UNTRUSTED_ROOT', cert: 4 },
    apply: (plan, { random }) =>
      replaceRoot(plan, makeName({ CN: 'Anyone', O: 'Anywhere' }), random),
  },
  {
    name: 'root-of-same-name',
    rule: 'T06',
    summary: 'a root with the anchor’s name and another key',
    expects: { code: 'UNTRUSTED_ROOT', cert: 4 },
    apply: (plan, { random }) => replaceRoot(plan, certificateAt(plan, 4).parts.subject, random),
  },
  {
    name: 'root-not-self-signed',
    rule: 'T08',
    summary: 'a root with the pinned key and a serial number its owner never signed',
    expects: { code: 'ROOT_SELF_SIGNATURE', cert: 4 },
    apply: (plan, { random }) => {
      const root = certificateAt(plan, 4);
      const parts = { ...root.parts, serial: makeSerial(Uint8Array.of(0x42)) };
      change(plan, 4, { parts, signer: makeKeyPair('P_384', random) });
    },
  },
  {
    name: 'quirk-root-reissued',
    rule: 'T08',
    summary: 'a root certificate the verifier has not seen, of the pinned key and signed by it',
    expects: { code: 'ROOT_CERT_UNKNOWN', cert: 4, severity: 'info' },
    apply: (plan) => changeParts(plan, 4, { serial: makeSerial(Uint8Array.of(0x42)) }),
  },
  {
    name: 'leaf-signature',
    rule: 'T01',
    summary: 'one bit of the leaf’s signature flipped',
    expects: { code: 'SIGNATURE_INVALID', cert: 0 },
    apply: (plan) => flipLastBit(plan, 0),
  },
  {
    name: 'attestation-signature',
    rule: 'T01',
    summary: 'one bit of the attestation certificate’s signature flipped',
    expects: { code: 'SIGNATURE_INVALID', cert: 1 },
    apply: (plan) => flipLastBit(plan, 1),
  },
  {
    name: 'top-signature',
    rule: 'T06',
    summary: 'one bit of the signature under the anchor flipped',
    expects: { code: 'SIGNATURE_INVALID', cert: 3 },
    apply: (plan) => flipLastBit(plan, 3),
  },
  {
    name: 'signature-of-other-algorithm',
    rule: 'T48',
    summary: 'a leaf that claims an RSA signature under an EC key',
    expects: { code: 'SIGNATURE_INVALID', cert: 0 },
    apply: (plan) => {
      const rsa = sequence(objectIdentifier('1.2.840.113549.1.1.11'), nullValue());
      changeParts(plan, 0, { innerAlgorithm: rsa, outerAlgorithm: rsa });
    },
  },
  {
    name: 'rewritten-field',
    rule: 'T26',
    summary: 'the model rewritten after the device signed',
    expects: { code: 'SIGNATURE_INVALID', cert: 0 },
    apply: (plan) => {
      changeHardware(plan, (list) =>
        withField(list, textField(TAG.attestationIdModel, 'Honest One')),
      );
      change(plan, 0, {
        editSigned: (der) => {
          const at = Buffer.from(der).indexOf('Honest One');
          return der.with(at, 'D'.charCodeAt(0));
        },
      });
    },
  },
];

function replaceRoot(plan: ChainPlan, name: Bytes, random: ChangeContext['random']): void {
  const at = plan.certificates.length - 1;
  const key = makeKeyPair('P_384', random);
  const { parts } = certificateAt(plan, at);
  change(plan, at, {
    key,
    signer: key,
    hash: 'sha384',
    parts: signedWith({ ...parts, subject: name, issuer: name, spki: key.spki }, key, 'sha384'),
  });
  change(plan, at - 1, { hash: 'sha384' });
  issueFrom(plan, at - 1);
}

function flipLastBit(plan: ChainPlan, index: number): void {
  change(plan, index, {
    editSigned: (der) => der.with(-1, (der.at(-1) as number) ^ 0x01),
  });
}
