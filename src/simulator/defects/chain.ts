/** Defects of how certificates stand together (THREATS T01 to T11). */
import { makeAttribute, makeExtension, makeName, makeSerial } from '../certificate.ts';
import { type Bytes, nullValue, objectIdentifier, sequence, setOf, utf8 } from '../der.ts';
import {
  encodeDescription,
  integerField,
  nullField,
  setField,
  TAG,
  textField,
  withField,
  withoutField,
} from '../key-description.ts';
import { makeKeyPair } from '../key-pair.ts';
import {
  type ChainPlan,
  certificateAt,
  change,
  changeParts,
  type PlannedCertificate,
  signedWith,
} from '../plan.ts';
import {
  changeDescription,
  changeHardware,
  changeSoftware,
  type Defect,
  type DefectContext,
} from './defect.ts';
import { addExtension, removeExtension } from './extensions.ts';

const FACTORY = { provisioning: 'factory' } as const;
const ONE_ATTEST_KEY = { attestKeys: 1 } as const;
const KEY_DESCRIPTION = '1.3.6.1.4.1.11129.2.1.17';
const PROVISIONING_INFO = '1.3.6.1.4.1.11129.2.1.30';
const CBOR_ONE_TO_EIGHT = Uint8Array.of(0xa1, 0x01, 0x08);

export const CHAIN_DEFECTS: readonly Defect[] = [
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
    name: 'attestation-not-ca',
    rule: 'T04',
    summary: 'a remotely provisioned attestation certificate without the CA flag',
    expects: { code: 'ISSUER_NOT_CA', cert: 1 },
    apply: (plan) => removeExtension(plan, 1, '2.5.29.19'),
  },
  {
    name: 'attestation-no-cert-sign',
    rule: 'T04',
    summary: 'a remotely provisioned attestation certificate without keyUsage',
    expects: { code: 'ISSUER_NOT_CA', cert: 1 },
    apply: (plan) => removeExtension(plan, 1, '2.5.29.15'),
  },
  {
    name: 'intermediate-not-ca',
    rule: 'T04',
    summary: 'the intermediate of a factory chain without the CA flag',
    device: FACTORY,
    expects: { code: 'ISSUER_NOT_CA', cert: 2 },
    apply: (plan) => removeExtension(plan, 2, '2.5.29.19'),
  },
  {
    name: 'quirk-factory-attestation-not-ca',
    rule: 'T04',
    summary:
      'the attestation certificate of a factory chain without the CA flag, as on many phones',
    device: FACTORY,
    expects: { code: 'ATTESTATION_CERT_NOT_CA', cert: 1, severity: 'info' },
    apply: (plan) => removeExtension(plan, 1, '2.5.29.19'),
  },
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
    name: 'reversed',
    rule: 'T08',
    summary: 'the chain root first',
    expects: { code: 'CHAIN_ORDER', cert: 0 },
    apply: (plan) => editChain(plan, (chain) => chain.toReversed()),
  },
  {
    name: 'swapped-issuers',
    rule: 'T08',
    summary: 'two issuers in each other’s place',
    expects: { code: 'CHAIN_ORDER', cert: 1 },
    apply: (plan) =>
      editChain(plan, ([leaf, attestation, lower, upper, root]) =>
        [leaf, attestation, upper, lower, root].filter((each) => each !== undefined),
      ),
  },
  {
    name: 'duplicate-certificate',
    rule: 'T08',
    summary: 'the attestation certificate twice',
    expects: { code: 'DUPLICATE_CERTIFICATE', cert: 2 },
    apply: (plan) => editChain(plan, (chain) => chain.toSpliced(2, 0, chain[1] as Bytes)),
  },
  {
    name: 'foreign-issuer-name',
    rule: 'T09',
    summary: 'a leaf that names another issuer than the one that signed it',
    expects: { code: 'NAME_CHAINING', cert: 0, field: 'issuer' },
    apply: (plan) => changeParts(plan, 0, { issuer: makeName({ CN: 'Somebody else' }) }),
  },
  {
    name: 'foreign-issuer-name-above',
    rule: 'T09',
    summary: 'an attestation certificate that names another issuer',
    expects: { code: 'NAME_CHAINING', cert: 1, field: 'issuer' },
    apply: (plan) => changeParts(plan, 1, { issuer: makeName({ CN: 'Somebody else' }) }),
  },
  {
    name: 'quirk-short-leaf-issuer',
    rule: 'T09',
    summary: 'a factory leaf whose issuer name is only the serialNumber, as two models write it',
    device: FACTORY,
    expects: { code: 'LEAF_ISSUER_NAME', cert: 0, field: 'issuer', severity: 'info' },
    apply: shortenLeafIssuer,
  },
  {
    name: 'short-leaf-issuer-remote',
    rule: 'T09',
    summary: 'the same on a remotely provisioned chain, where no device does it',
    expects: { code: 'NAME_CHAINING', cert: 0, field: 'issuer' },
    apply: (plan, context) => {
      const subject = makeName({ serialNumber: 'ab12', O: 'TEE' });
      changeParts(plan, 1, { subject });
      changeParts(plan, 0, { issuer: subject });
      shortenLeafIssuer(plan, context);
    },
  },
  {
    name: 'unknown-provisioning',
    rule: 'T11',
    summary: 'an unknown name under the anchor',
    expects: { code: 'PROVISIONING_METHOD_UNKNOWN', cert: 3, field: 'subject' },
    apply: (plan) => rename(plan, 3, makeName({ CN: 'Droid CA9', O: 'Google LLC' })),
  },
  {
    name: 'multi-valued-name',
    rule: 'B24',
    summary: 'the name under the anchor written as one multi-valued RDN',
    expects: { code: 'PROVISIONING_METHOD_UNKNOWN', cert: 3, field: 'subject' },
    apply: (plan) => {
      const attributes = [makeAttribute('CN', 'Droid CA2'), makeAttribute('O', 'Google LLC')];
      rename(plan, 3, sequence(setOf(...attributes)));
    },
  },
  {
    name: 'repeated-name-attribute',
    rule: 'B24',
    summary: 'the name under the anchor with two common names, one of them right',
    expects: { code: 'PROVISIONING_METHOD_UNKNOWN', cert: 3, field: 'subject' },
    apply: (plan) => {
      const names = ['Droid CA2', 'Droid CA9'].map((cn) => setOf(makeAttribute('CN', cn)));
      rename(plan, 3, sequence(...names, setOf(makeAttribute('O', 'Google LLC'))));
    },
  },
  {
    name: 'provisioning-info-on-factory-chain',
    rule: 'T11',
    summary: 'a factory attestation certificate with ProvisioningInfo',
    device: FACTORY,
    expects: { code: 'PROVISIONING_INCONSISTENT', cert: 1 },
    apply: (plan) => addExtension(plan, 1, makeExtension(PROVISIONING_INFO, CBOR_ONE_TO_EIGHT)),
  },
  {
    name: 'provisioning-info-on-leaf',
    rule: 'T11',
    summary: 'a leaf with ProvisioningInfo',
    expects: { code: 'PROVISIONING_INCONSISTENT', cert: 0 },
    apply: (plan) => addExtension(plan, 0, makeExtension(PROVISIONING_INFO, CBOR_ONE_TO_EIGHT)),
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
    name: 'only-a-root',
    rule: 'T49',
    summary: 'nothing but the root',
    expects: { code: 'CHAIN_SHAPE_UNKNOWN', cert: 0 },
    apply: (plan) => editChain(plan, (chain) => chain.slice(-1)),
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
function insertForgedAttestation(plan: ChainPlan, { random }: DefectContext): void {
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

/** Lets certificate `index` be issued by the one now above it. */
function issueFrom(plan: ChainPlan, index: number): void {
  const issuer = certificateAt(plan, index + 1);
  const { parts, hash } = certificateAt(plan, index);
  change(plan, index, {
    parts: signedWith({ ...parts, issuer: issuer.parts.subject }, issuer.key, hash),
    signer: issuer.key,
  });
}

function replaceRoot(plan: ChainPlan, name: Bytes, random: DefectContext['random']): void {
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

function rename(plan: ChainPlan, index: number, subject: Bytes): void {
  changeParts(plan, index, { subject });
  changeParts(plan, index - 1, { issuer: subject });
}

/** The leaf's issuer name without everything but the serialNumber. */
function shortenLeafIssuer(plan: ChainPlan, _context: DefectContext): void {
  const text = Buffer.from(certificateAt(plan, 0).parts.issuer);
  const serialNumberType = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x05]);
  const at = text.indexOf(serialNumberType) + serialNumberType.length;
  const length = text[at + 1] as number;
  const value = text.subarray(at + 2, at + 2 + length).toString();
  changeParts(plan, 0, { issuer: makeName({ serialNumber: value }) });
}

function withoutAttestation(plan: ChainPlan): void {
  const { description: _, ...rest } = certificateAt(plan, 0);
  plan.certificates[0] = rest;
}

function editChain(plan: ChainPlan, edit: (chain: Bytes[]) => Bytes[]): void {
  plan.editChain = edit;
}

function flipLastBit(plan: ChainPlan, index: number): void {
  change(plan, index, {
    editSigned: (der) => der.with(-1, (der.at(-1) as number) ^ 0x01),
  });
}
