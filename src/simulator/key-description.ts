/**
 * KeyDescriptions as a device writes them, or nearly. Values are encoded by asn1js, once for each
 * distinct value; what they are joined into can be reordered, repeated and broken at will.
 */
import {
  Boolean as Asn1Boolean,
  Set as Asn1Set,
  Enumerated,
  Integer,
  Null,
  OctetString,
  Sequence,
} from 'asn1js';
import {
  ascii,
  type Bytes,
  boolean,
  enumerated,
  explicit,
  integer,
  octetString,
  sequence,
  setOf,
} from './der.ts';

/** One element of an authorization list: its tag, and its DER, header included. */
export interface Field {
  readonly tag: number;
  readonly der: Bytes;
}

export interface Description {
  attestationVersion: number;
  attestationSecurityLevel: number;
  keyMintVersion: number;
  keyMintSecurityLevel: number;
  attestationChallenge: Bytes;
  uniqueId: Bytes;
  softwareEnforced: Field[];
  hardwareEnforced: Field[];
  /** What the root of trust in the hardware list was made from; not written by itself. */
  readonly bootedAs: RootOfTrustValues;
}

export interface RootOfTrustValues {
  readonly verifiedBootKey: Bytes;
  /** The octet of the BOOLEAN. */
  readonly deviceLocked: number;
  readonly verifiedBootState: number;
  /** Absent in version 1 and 2 records. */
  readonly verifiedBootHash: Bytes | null;
}

/** Tags by the names of their fields. */
export const TAG = {
  purpose: 1,
  algorithm: 2,
  keySize: 3,
  digest: 5,
  padding: 6,
  ecCurve: 10,
  mlDsaVariant: 11,
  rsaPublicExponent: 200,
  noAuthRequired: 503,
  userAuthType: 504,
  allApplications: 600,
  creationDateTime: 701,
  origin: 702,
  rollbackResistant: 703,
  rootOfTrust: 704,
  osVersion: 705,
  osPatchLevel: 706,
  attestationApplicationId: 709,
  attestationIdBrand: 710,
  attestationIdImei: 714,
  attestationIdManufacturer: 716,
  attestationIdModel: 717,
  vendorPatchLevel: 718,
  bootPatchLevel: 719,
  deviceUniqueAttestation: 720,
  attestationIdSecondImei: 723,
  moduleHash: 724,
} as const;

export function encodeDescription(description: Description): Bytes {
  return sequence(
    integer(description.attestationVersion),
    enumerated(description.attestationSecurityLevel),
    integer(description.keyMintVersion),
    enumerated(description.keyMintSecurityLevel),
    octetString(description.attestationChallenge),
    octetString(description.uniqueId),
    sequence(...description.softwareEnforced.map(({ der }) => der)),
    sequence(...description.hardwareEnforced.map(({ der }) => der)),
  );
}

const encoded = new Map<string, Bytes>();
/** A fleet repeats its values; distinct ones (creation times) are not kept for ever. */
const MAX_ENCODED = 10_000;

/** `[tag] EXPLICIT` around a value that is encoded once for each distinct `key`. */
function field(tag: number, key: string, make: () => { toBER(): ArrayBuffer }): Field {
  const name = `${tag} ${key}`;
  const known = encoded.get(name);
  if (known !== undefined) return { tag, der: known };
  if (encoded.size === MAX_ENCODED) encoded.clear();
  const der = explicit(tag, new Uint8Array(make().toBER()));
  encoded.set(name, der);
  return { tag, der };
}

export function integerField(tag: number, value: number | bigint): Field {
  return field(tag, String(value), () => Integer.fromBigInt(BigInt(value)));
}

export function setField(tag: number, members: readonly number[]): Field {
  return field(
    tag,
    members.join(),
    () => new Asn1Set({ value: members.map((value) => new Integer({ value })) }),
  );
}

export function nullField(tag: number): Field {
  return field(tag, '', () => new Null());
}

export function octetsField(tag: number, value: Bytes): Field {
  return field(tag, hex(value), () => new OctetString({ valueHex: copy(value) }));
}

export function textField(tag: number, value: string): Field {
  return octetsField(tag, ascii(value));
}

/** A field of any content, for what asn1js would not write. */
export function rawField(tag: number, ...content: readonly Bytes[]): Field {
  return { tag, der: explicit(tag, ...content) };
}

/** TRUE is FF here; a device that writes 01 is `rawField`'s. */
export function rootOfTrustField(values: RootOfTrustValues): Field {
  const { verifiedBootKey, deviceLocked, verifiedBootState, verifiedBootHash } = values;
  if (deviceLocked !== 0x00 && deviceLocked !== 0xff) return rawRootOfTrust(values);
  const key = [hex(verifiedBootKey), deviceLocked, verifiedBootState, hex(verifiedBootHash)].join();
  return field(TAG.rootOfTrust, key, () => {
    const value = [
      new OctetString({ valueHex: copy(verifiedBootKey) }),
      new Asn1Boolean({ value: deviceLocked === 0xff }),
      new Enumerated({ value: verifiedBootState }),
    ];
    const hash =
      verifiedBootHash === null ? [] : [new OctetString({ valueHex: copy(verifiedBootHash) })];
    return new Sequence({ value: [...value, ...hash] });
  });
}

function rawRootOfTrust(values: RootOfTrustValues): Field {
  const hash = values.verifiedBootHash === null ? [] : [octetString(values.verifiedBootHash)];
  return rawField(
    TAG.rootOfTrust,
    sequence(
      octetString(values.verifiedBootKey),
      boolean(values.deviceLocked),
      enumerated(values.verifiedBootState),
      ...hash,
    ),
  );
}

export interface AppPackage {
  readonly name: string;
  readonly version: number;
}

/** AttestationApplicationId as keystore writes it: DER in an OCTET STRING. */
export function applicationIdField(
  packages: readonly AppPackage[],
  digests: readonly Bytes[],
): Field {
  const infos = packages.map(({ name, version }) =>
    sequence(octetString(ascii(name)), integer(version)),
  );
  const id = sequence(setOf(...infos), setOf(...digests.map(octetString)));
  return octetsField(TAG.attestationApplicationId, id);
}

/** The list with the field of that tag replaced, or inserted where the schema has it. */
export function withField(list: readonly Field[], replacement: Field): Field[] {
  const others = list.filter(({ tag }) => tag !== replacement.tag);
  const at = others.findIndex(({ tag }) => tag > replacement.tag);
  return others.toSpliced(at < 0 ? others.length : at, 0, replacement);
}

export function withoutField(list: readonly Field[], tag: number): Field[] {
  return list.filter((each) => each.tag !== tag);
}

function hex(bytes: Bytes | null): string {
  return bytes === null ? '-' : Buffer.from(bytes).toString('hex');
}

function copy(bytes: Bytes): ArrayBuffer {
  return new Uint8Array(bytes).buffer as ArrayBuffer;
}
