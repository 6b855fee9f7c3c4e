/** Certificates that are well encoded and must not be relied on (THREATS T48, T49, B08 to B36). */
import { algorithmOf, type Hash, makeExtension, makeName, makeSerial } from '../certificate.ts';
import {
  type Bytes,
  bitString,
  concat,
  elementsOf,
  explicit,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  split,
  tlv,
} from '../der.ts';
import { makeKeyPair } from '../key-pair.ts';
import { certificateAt, change, changeParts, signedWith } from '../plan.ts';
import { type Apply, algorithms, editTbs } from './changes.ts';
import type { Defect } from './defect.ts';
import { addExtension } from './extensions.ts';

const FACTORY = { provisioning: 'factory' } as const;
const ECDSA_SHA256 = objectIdentifier('1.2.840.10045.4.3.2');
const RSA_SHA256 = objectIdentifier('1.2.840.113549.1.1.11');
const BASIC_CONSTRAINTS = '2.5.29.19';

export const CERTIFICATE_DEFECTS: readonly Defect[] = [
  {
    name: 'broken-null',
    rule: 'B26',
    summary: 'an RSA key whose NULL parameters have content',
    attest: { kind: 'RSA_2048' },
    expects: { code: 'X_BAD_PUBLIC_KEY', cert: 0, field: 'subjectPublicKeyInfo' },
    apply: (plan) => {
      const { spki } = certificateAt(plan, 0).parts;
      const [, key] = elementsOf(split(spki).content) as [Bytes, Bytes];
      const algorithm = sequence(
        objectIdentifier('1.2.840.113549.1.1.1'),
        tlv(0x05, Uint8Array.of(0x00)),
      );
      changeParts(plan, 0, { spki: sequence(algorithm, key) });
    },
  },
  {
    name: 'version-1',
    rule: 'B36',
    summary: 'a leaf of version 1',
    expects: { code: 'X_NOT_V3', cert: 0, field: 'version' },
    apply: editTbs(0, (tbs) => sequence(...elementsOf(split(tbs).content).slice(1))),
  },
  {
    name: 'version-2',
    rule: 'B36',
    summary: 'a leaf of version 2',
    expects: { code: 'X_NOT_V3', cert: 0, field: 'version' },
    apply: (plan) => changeParts(plan, 0, { version: explicit(0, integer(1)) }),
  },
  {
    name: 'zero-serial',
    rule: 'B25',
    summary: 'an attestation certificate with serial number 0',
    expects: { code: 'X_BAD_SERIAL', cert: 1, field: 'serialNumber' },
    apply: (plan) => changeParts(plan, 1, { serial: integer(0) }),
  },
  {
    name: 'negative-serial',
    rule: 'B25',
    summary: 'an attestation certificate with a negative serial number',
    expects: { code: 'X_BAD_SERIAL', cert: 1, field: 'serialNumber' },
    apply: (plan) => changeParts(plan, 1, { serial: integer(-5) }),
  },
  {
    name: 'long-serial',
    rule: 'B25',
    summary: 'an attestation certificate with a serial number of 21 octets',
    expects: { code: 'X_BAD_SERIAL', cert: 1, field: 'serialNumber' },
    apply: (plan) => changeParts(plan, 1, { serial: makeSerial(new Uint8Array(21).fill(0x11)) }),
  },
  {
    name: 'empty-rdn',
    rule: 'B24',
    summary: 'a subject with an empty RDN',
    expects: { code: 'X_BAD_NAME', cert: 0, field: 'subject' },
    apply: (plan) => changeParts(plan, 0, { subject: sequence(setOf()) }),
  },
  {
    name: 'endless-name',
    rule: 'T49',
    summary: 'a subject of seventeen attributes',
    expects: { code: 'X_BAD_NAME', cert: 0, field: 'subject' },
    apply: (plan) => {
      const rdn = split(makeName({ CN: 'x' })).content;
      changeParts(plan, 0, { subject: sequence(...Array.from({ length: 17 }, () => rdn)) });
    },
  },
  {
    name: 'compressed-point',
    rule: 'T48',
    summary: 'a leaf key as a compressed point',
    expects: { code: 'X_BAD_PUBLIC_KEY', cert: 0, field: 'subjectPublicKeyInfo' },
    apply: (plan) => {
      const [algorithm, key] = elementsOf(split(certificateAt(plan, 0).parts.spki).content) as [
        Bytes,
        Bytes,
      ];
      const compressed = concat(Uint8Array.of(0x02), split(key).content.subarray(2, 34));
      changeParts(plan, 0, { spki: sequence(algorithm, bitString(compressed)) });
    },
  },
  {
    name: 'explicit-curve',
    rule: 'T48',
    summary: 'a leaf key with explicit curve parameters',
    expects: { code: 'X_BAD_PUBLIC_KEY', cert: 0, field: 'subjectPublicKeyInfo' },
    apply: (plan) => {
      const [, key] = elementsOf(split(certificateAt(plan, 0).parts.spki).content) as [
        Bytes,
        Bytes,
      ];
      const algorithm = sequence(objectIdentifier('1.2.840.10045.2.1'), sequence(integer(1)));
      changeParts(plan, 0, { spki: sequence(algorithm, key) });
    },
  },
  {
    name: 'algorithm-mismatch',
    rule: 'B27',
    summary: 'an outer signature algorithm other than the signed one',
    expects: { code: 'X_ALG_MISMATCH', cert: 0, field: 'signatureAlgorithm' },
    apply: (plan) => {
      const { signer } = certificateAt(plan, 0);
      changeParts(plan, 0, { outerAlgorithm: algorithmOf(signer, 'sha384') });
    },
  },
  {
    name: 'algorithm-parameters',
    rule: 'B26',
    summary: 'an ECDSA algorithm identifier with an INTEGER for parameters',
    expects: { code: 'X_ALG_PARAMETERS', cert: 0, field: 'signature' },
    apply: algorithms(0, sequence(ECDSA_SHA256, integer(1))),
  },
  {
    name: 'sha1-signature',
    rule: 'T48',
    summary: 'an attestation certificate signed with SHA-1',
    expects: { code: 'SIGNATURE_ALGORITHM', cert: 1, field: 'signature' },
    apply: rehash('sha1'),
  },
  {
    name: 'quirk-sha512-signature',
    rule: 'B28',
    summary: 'an attestation certificate signed with SHA-512 and ECDSA parameters of NULL',
    expects: { code: 'X_ECDSA_NULL_PARAMETERS', cert: 1, severity: 'info' },
    apply: (plan, context) => {
      rehash('sha512')(plan, context);
      algorithms(1, sequence(objectIdentifier('1.2.840.10045.4.3.4'), nullValue()))(plan, context);
    },
  },
  {
    name: 'quirk-ecdsa-null-parameters',
    rule: 'B26',
    summary: 'a leaf whose ECDSA algorithm identifier carries NULL, as StrongBox chips write it',
    expects: { code: 'X_ECDSA_NULL_PARAMETERS', cert: 0, severity: 'info' },
    apply: algorithms(0, sequence(ECDSA_SHA256, nullValue())),
  },
  {
    name: 'quirk-rsa-parameters-absent',
    rule: 'B26',
    summary:
      'an intermediate whose RSA algorithm identifier lacks its NULL, as one maker writes it',
    device: FACTORY,
    expects: { code: 'X_RSA_PARAMETERS_ABSENT', cert: 2, severity: 'info' },
    apply: algorithms(2, sequence(RSA_SHA256)),
  },
  {
    name: 'weak-issuer-key',
    rule: 'B30',
    summary: 'an attestation key of RSA-1024',
    expects: { code: 'ISSUER_KEY_NOT_ALLOWED', cert: 1, field: 'subjectPublicKeyInfo' },
    apply: (plan, { random }) => {
      const key = makeKeyPair('RSA_1024', random);
      change(plan, 1, { key, parts: { ...certificateAt(plan, 1).parts, spki: key.spki } });
      const leaf = certificateAt(plan, 0);
      change(plan, 0, { signer: key, parts: signedWith(leaf.parts, key, 'sha256') });
    },
  },
  {
    name: 'issuer-key-off-curve',
    rule: 'T48',
    summary: 'an attestation key that is no point of its curve',
    expects: { code: 'SIGNATURE_INVALID', cert: 0 },
    apply: (plan) => {
      const { spki } = certificateAt(plan, 1).parts;
      changeParts(plan, 1, { spki: spki.with(-1, (spki.at(-1) as number) ^ 0x01) });
    },
  },
  {
    name: 'ml-dsa-parameter-set',
    rule: 'T48',
    summary: 'a leaf that names ML-DSA-65 under an issuer with an ML-DSA-44 key',
    expects: { code: 'SIGNATURE_INVALID', cert: 0 },
    apply: (plan, { random }) => {
      const key = makeKeyPair('ML_DSA_44', random);
      change(plan, 1, { key, parts: { ...certificateAt(plan, 1).parts, spki: key.spki } });
      const algorithm = sequence(objectIdentifier('2.16.840.1.101.3.4.3.18'));
      const { parts } = certificateAt(plan, 0);
      change(plan, 0, {
        signer: key,
        parts: { ...parts, innerAlgorithm: algorithm, outerAlgorithm: algorithm },
      });
    },
  },
  {
    name: 'short-ml-dsa-key',
    rule: 'B31',
    summary: 'an ML-DSA-65 leaf key of one octet too few',
    attest: { kind: 'ML_DSA_65' },
    expects: { code: 'X_BAD_PUBLIC_KEY', cert: 0, field: 'subjectPublicKeyInfo' },
    apply: (plan) => {
      const [algorithm, key] = elementsOf(split(certificateAt(plan, 0).parts.spki).content) as [
        Bytes,
        Bytes,
      ];
      const octets = split(key).content.subarray(1, -1);
      changeParts(plan, 0, { spki: sequence(algorithm, bitString(octets)) });
    },
  },
  {
    name: 'surplus-key-parameters',
    rule: 'B03',
    summary: 'a leaf key of an unknown algorithm with two parameters',
    expects: { code: 'DER_TRAILING_DATA', cert: 0, field: 'subjectPublicKeyInfo' },
    apply: (plan) => {
      const algorithm = sequence(objectIdentifier('1.2.3.4'), nullValue(), nullValue());
      changeParts(plan, 0, { spki: sequence(algorithm, bitString(new Uint8Array(32))) });
    },
  },
  ...(
    [
      ['eat', '1.3.6.1.4.1.11129.2.1.25'],
      ['knox', '1.3.6.1.4.1.236.11.3.23.7'],
      ['subject-alternative-name', '2.5.29.17'],
    ] as const
  ).map(
    ([what, dotted]): Defect => ({
      name: `critical-${what}-on-issuer`,
      rule: 'B10',
      summary: `an attestation certificate with a critical extension ${dotted}, which nobody processes`,
      expects: { code: 'UNKNOWN_CRITICAL_EXTENSION', cert: 1, field: 'extensions' },
      apply: (plan) => addExtension(plan, 1, makeExtension(dotted, sequence(), true)),
    }),
  ),
  {
    name: 'too-many-extensions',
    rule: 'T49',
    summary: 'sixty-five extensions',
    expects: { code: 'X_TOO_MANY_EXTENSIONS', cert: 0, field: 'extensions' },
    apply: (plan) => {
      for (let arc = 0; arc < 65; arc += 1) {
        addExtension(plan, 0, makeExtension(`1.3.6.1.4.1.99999.${arc}`, nullValue()));
      }
    },
  },
  {
    name: 'duplicate-extension',
    rule: 'B08',
    summary: 'two KeyDescriptions in one leaf',
    expects: { code: 'DUPLICATE_EXTENSION', cert: 0, field: 'extensions' },
    apply: (plan) => addExtension(plan, 0, makeExtension('1.3.6.1.4.1.11129.2.1.17', sequence())),
  },
  {
    name: 'duplicate-basic-constraints',
    rule: 'B09',
    summary: 'basicConstraints twice, once false and once true',
    expects: { code: 'DUPLICATE_EXTENSION', cert: 1, field: 'extensions' },
    apply: (plan) => addExtension(plan, 1, makeExtension(BASIC_CONSTRAINTS, sequence())),
  },
  {
    name: 'unknown-critical-extension',
    rule: 'B10',
    summary: 'an attestation certificate with an unknown critical extension',
    expects: { code: 'UNKNOWN_CRITICAL_EXTENSION', cert: 1, field: 'extensions' },
    apply: (plan) => addExtension(plan, 1, makeExtension('1.3.6.1.4.1.99999.1', nullValue(), true)),
  },
  {
    name: 'oversized-certificate',
    rule: 'T49',
    summary: 'a leaf of more than 16 KiB',
    expects: { code: 'CERTIFICATE_TOO_LARGE', cert: 0 },
    apply: (plan) =>
      addExtension(
        plan,
        0,
        makeExtension('1.3.6.1.4.1.99999.1', octetString(new Uint8Array(17_000))),
      ),
  },
];

/** The attestation certificate signed with another hash. */
function rehash(hash: Hash): Apply {
  return (plan) => {
    const { parts, signer } = certificateAt(plan, 1);
    change(plan, 1, { hash, parts: signedWith(parts, signer, hash) });
  };
}
