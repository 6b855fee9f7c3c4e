/** Bytes that are not DER, though another reader might take them (THREATS section B). */
import { makeExtension } from '../certificate.ts';
import {
  ascii,
  type Bytes,
  bitString,
  boolean,
  concat,
  elementsOf,
  generalizedTime,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  split,
  time,
  tlv,
} from '../der.ts';
import { certificateAt, change, changeParts, type Edit } from '../plan.ts';
import { type Apply, algorithms, editTbs, replaceOnce } from './changes.ts';
import type { Defect } from './defect.ts';
import { addExtension, replaceExtension } from './extensions.ts';

const ECDSA_SHA256 = objectIdentifier('1.2.840.10045.4.3.2');
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const DAY_MS = 86_400_000;

export const ENCODING_DEFECTS: readonly Defect[] = [
  {
    name: 'indefinite-length',
    rule: 'B01',
    summary: 'the leaf with an indefinite length, as BER allows',
    expects: { code: 'DER_INDEFINITE_LENGTH', cert: 0, field: 'certificate' },
    apply: editSigned(0, (der) =>
      concat(Uint8Array.of(0x30, 0x80), split(der).content, Uint8Array.of(0x00, 0x00)),
    ),
  },
  {
    name: 'non-minimal-length',
    rule: 'B02',
    summary: 'the leaf with a padded length',
    expects: { code: 'DER_NON_MINIMAL_LENGTH', cert: 0, field: 'certificate' },
    apply: editSigned(0, (der) => {
      const { content } = split(der);
      return concat(
        Uint8Array.of(0x30, 0x83, 0x00, content.length >> 8, content.length & 0xff),
        content,
      );
    }),
  },
  {
    name: 'non-minimal-short-length',
    rule: 'B02',
    summary: 'a serial number whose length of one is written in two octets',
    expects: { code: 'DER_NON_MINIMAL_LENGTH', cert: 0, field: 'serialNumber' },
    apply: (plan) => changeParts(plan, 0, { serial: Uint8Array.of(0x02, 0x81, 0x01, 0x01) }),
  },
  {
    name: 'trailing-bytes',
    rule: 'B03',
    summary: 'four bytes behind the leaf',
    expects: { code: 'DER_TRAILING_DATA', cert: 0, field: 'certificate' },
    apply: editSigned(0, (der) => concat(der, Uint8Array.of(0xde, 0xad, 0xbe, 0xef))),
  },
  {
    name: 'trailing-bytes-in-tbs',
    rule: 'B03',
    summary: 'a value behind the extensions of the leaf',
    expects: { code: 'DER_TRAILING_DATA', cert: 0, field: 'tbsCertificate' },
    apply: editTbs(0, (tbs) => sequence(...elementsOf(split(tbs).content), nullValue())),
  },
  {
    name: 'truncated',
    rule: 'B05',
    summary: 'the last ten bytes of the leaf missing',
    expects: { code: 'DER_TRUNCATED', cert: 0, field: 'certificate' },
    apply: editSigned(0, (der) => der.subarray(0, -10)),
  },
  {
    name: 'not-a-certificate',
    rule: 'B05',
    summary: 'an OCTET STRING in place of the leaf',
    expects: { code: 'DER_UNEXPECTED_TAG', cert: 0, field: 'certificate' },
    apply: editSigned(0, (der) => octetString(split(der).content)),
  },
  {
    name: 'huge-length',
    rule: 'B05',
    summary: 'a length of five octets, which 32-bit readers wrap',
    expects: { code: 'DER_LENGTH_TOO_LARGE', cert: 0, field: 'serialNumber' },
    apply: (plan) =>
      changeParts(plan, 0, {
        serial: Uint8Array.of(0x02, 0x85, 0x01, 0x00, 0x00, 0x00, 0x02, 0x01),
      }),
  },
  {
    name: 'wrapping-length',
    rule: 'B05',
    summary: 'a length of four octets with the top bit set, which signed readers take for negative',
    expects: { code: 'DER_TRUNCATED', cert: 0, field: 'serialNumber' },
    apply: (plan) =>
      changeParts(plan, 0, { serial: Uint8Array.of(0x02, 0x84, 0xff, 0xff, 0xff, 0xfa, 0x01) }),
  },
  {
    name: 'padded-integer',
    rule: 'B25',
    summary: 'a serial number with a needless zero octet',
    expects: { code: 'DER_BAD_INTEGER', cert: 1, field: 'serialNumber' },
    apply: (plan) =>
      changeParts(plan, 1, { serial: tlv(0x02, Uint8Array.of(0x00, 0x00, 0x12, 0x34)) }),
  },
  {
    name: 'empty-integer',
    rule: 'B25',
    summary: 'a serial number without octets',
    expects: { code: 'DER_BAD_INTEGER', cert: 0, field: 'serialNumber' },
    apply: (plan) => changeParts(plan, 0, { serial: tlv(0x02) }),
  },
  {
    name: 'lenient-critical-above-leaf',
    rule: 'B12',
    summary: 'a critical flag of 01 in the attestation certificate',
    expects: { code: 'DER_BAD_BOOLEAN', cert: 1, field: 'extensions' },
    apply: lenientCritical(1, KEY_USAGE),
  },
  {
    name: 'lenient-ca-flag',
    rule: 'B12',
    summary: 'a CA flag of 01',
    expects: { code: 'DER_BAD_BOOLEAN', cert: 1, field: 'basicConstraints' },
    apply: (plan) =>
      replaceExtension(plan, 1, makeExtension(BASIC_CONSTRAINTS, sequence(boolean(0x01)), true)),
  },
  {
    name: 'quirk-lenient-critical-on-leaf',
    rule: 'B12',
    summary: 'a critical flag of 01 on the leaf, as three models write it',
    expects: {
      code: 'X_CRITICAL_BOOL_NON_DER',
      cert: 0,
      field: 'extensions',
      severity: 'info',
    },
    apply: lenientCritical(0, KEY_USAGE),
  },
  {
    name: 'long-boolean',
    rule: 'B12',
    summary: 'a critical flag of two octets',
    expects: { code: 'DER_BAD_BOOLEAN', cert: 0, field: 'extensions' },
    apply: (plan) =>
      addExtension(
        plan,
        0,
        sequence(
          objectIdentifier('2.5.29.14'),
          tlv(0x01, Uint8Array.of(0xff, 0xff)),
          octetString(new Uint8Array(0)),
        ),
      ),
  },
  {
    name: 'padded-bit-string',
    rule: 'B33',
    summary: 'a keyUsage above the leaf whose unused bits are set',
    expects: { code: 'DER_BAD_BIT_STRING', cert: 1, field: 'keyUsage' },
    apply: (plan) =>
      replaceExtension(plan, 1, makeExtension(KEY_USAGE, bitString(Uint8Array.of(0x05), 2), true)),
  },
  {
    name: 'signature-with-unused-bits',
    rule: 'B29',
    summary: 'a signature that claims unused bits',
    expects: { code: 'DER_BAD_BIT_STRING', cert: 0, field: 'signatureValue' },
    apply: editSigned(0, (der) => {
      const [tbs, algorithm, signature] = elementsOf(split(der).content) as [Bytes, Bytes, Bytes];
      const bits = split(signature).content.slice();
      bits[0] = 1;
      bits[bits.length - 1] = (bits.at(-1) as number) & 0xfe;
      return sequence(tbs, algorithm, tlv(0x03, bits));
    }),
  },
  {
    name: 'padded-oid',
    rule: 'B05',
    summary: 'an extension identifier with a padded arc',
    expects: { code: 'DER_BAD_OID', cert: 0, field: 'extensions' },
    apply: (plan) =>
      addExtension(
        plan,
        0,
        sequence(tlv(0x06, Uint8Array.of(0x55, 0x80, 0x1d, 0x0e)), octetString(new Uint8Array(0))),
      ),
  },
  {
    name: 'impossible-date',
    rule: 'B35',
    summary: 'a leaf valid from 31 February',
    expects: { code: 'DER_BAD_TIME', cert: 0, field: 'validity' },
    apply: (plan, { at }) =>
      changeParts(plan, 0, {
        validity: sequence(tlv(0x17, ascii('240231000000Z')), time(at + DAY_MS)),
      }),
  },
  {
    name: 'time-without-zone',
    rule: 'B35',
    summary: 'a leaf whose notBefore has an offset in place of Z',
    expects: { code: 'DER_BAD_TIME', cert: 0, field: 'validity' },
    apply: (plan, { at }) =>
      changeParts(plan, 0, {
        validity: sequence(tlv(0x17, ascii('240201000000+0100')), time(at + DAY_MS)),
      }),
  },
  {
    name: 'padded-tag',
    rule: 'B05',
    summary: 'tag 704 with a leading zero octet, which lax readers alias',
    expects: { code: 'DER_BAD_TAG', cert: 0, field: 'hardwareEnforced' },
    apply: (plan) =>
      change(plan, 0, {
        editDescription: (der) =>
          relength(der, Uint8Array.of(0xbf, 0x85, 0x40), Uint8Array.of(0xbf, 0x80, 0x85, 0x40)),
      }),
  },
  {
    name: 'quirk-early-generalized-time',
    rule: 'B35',
    summary:
      'a leaf with GeneralizedTime before 2050, dates in the wrong order, and NULL parameters',
    expects: { code: 'X_ECDSA_NULL_PARAMETERS', cert: 0, severity: 'info' },
    apply: (plan, context) => {
      const validity = sequence(generalizedTime(context.at), generalizedTime(0));
      changeParts(plan, 0, { validity });
      algorithms(0, sequence(ECDSA_SHA256, nullValue()))(plan, context);
    },
  },
];

function editSigned(index: number, edit: Edit): Apply {
  return (plan) => {
    change(plan, index, { editSigned: edit });
  };
}

function lenientCritical(index: number, dotted: string): Apply {
  return (plan) => {
    const identifier = objectIdentifier(dotted);
    const { extensions } = certificateAt(plan, index).parts;
    changeParts(plan, index, {
      extensions: extensions.map((each) =>
        Buffer.from(each).includes(identifier)
          ? replaceOnce(each, boolean(0xff), boolean(0x01))
          : each,
      ),
    });
  };
}

/**
 * Replaces the first `find` in the hardware list of a KeyDescription by something of another length,
 * and mends the lengths around it.
 */
function relength(der: Bytes, find: Bytes, replacement: Bytes): Bytes {
  const elements = elementsOf(split(der).content);
  const hardware = elements.at(-1) as Bytes;
  const content = replaceOnce(split(hardware).content, find, replacement);
  return sequence(...elements.slice(0, -1), sequence(content));
}
