/**
 * What Android Verified Boot puts on a device, read strictly (AOSP external/avb: avb_crypto.h,
 * avb_vbmeta_image.h, avb_descriptor.h): public keys, and vbmeta images with their signature.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';

/** A file is not what it should be. */
export class AvbFault extends Error {}

/** An AvbRSAPublicKey as `avb_pkmd.bin` holds it. */
export interface AvbKey {
  readonly bits: number;
  /** SHA-256 of the blob, lower-case hex: what a locked device reports as `verifiedBootKey`. */
  readonly sha256: string;
  readonly modulus: Uint8Array;
}

const KEY_BITS: ReadonlySet<number> = new Set([2048, 4096, 8192]);

/** Reads a key blob and checks the numbers it carries beside the modulus. */
export function parseAvbKey(blob: Uint8Array): AvbKey {
  const bits = blob.length >= 8 ? viewOf(blob).getUint32(0) : 0;
  if (!KEY_BITS.has(bits)) throw new AvbFault('an AVB key has 2048, 4096 or 8192 bits');
  const bytes = bits / 8;
  if (blob.length !== 8 + 2 * bytes) {
    throw new AvbFault(
      `an AVB key of ${bits} bits has ${8 + 2 * bytes} bytes, this has ${blob.length}`,
    );
  }
  const modulus = blob.slice(8, 8 + bytes);
  const n = toBigInt(modulus);
  const [n0inv, word] = [BigInt(viewOf(blob).getUint32(4)), 2n ** 32n];
  // n0inv = -1 / n mod 2^32; rr = (2^bits)^2 mod n.
  const isSound =
    (n0inv * (n % word)) % word === word - 1n &&
    n >> BigInt(bits - 1) === 1n &&
    toBigInt(blob.subarray(8 + bytes)) === 2n ** BigInt(2 * bits) % n;
  if (!isSound) throw new AvbFault('the numbers of the AVB key do not belong together');
  return { bits, sha256: sha256(blob), modulus };
}

/** A chained partition, whose own vbmeta image is part of the digest. */
export interface ChainedPartition {
  readonly partition: string;
  readonly keySha256: string;
}

export interface VbmetaImage {
  /** Header, authentication and auxiliary block: what the digest is made of. */
  readonly bytes: Uint8Array;
  readonly key: AvbKey;
  readonly rollbackIndex: bigint;
  readonly chained: readonly ChainedPartition[];
  /** Properties such as `com.android.build.system.security_patch`. */
  readonly properties: ReadonlyMap<string, string>;
}

const HEADER_BYTES = 256;
const FOOTER_BYTES = 64;

/** Hash of each algorithm number; RSA with PKCS #1 v1.5 of 2048, 4096, 8192 bits each. */
const HASHES = [null, 'sha256', 'sha256', 'sha256', 'sha512', 'sha512', 'sha512'] as const;

/** Reads a vbmeta image, or the one behind the footer of a partition image, and verifies its signature. */
export function parseVbmeta(file: Uint8Array): VbmetaImage {
  const image = file.subarray(offsetOfVbmeta(file));
  if (image.length < HEADER_BYTES || textOf(image, 0, 4) !== 'AVB0') {
    throw new AvbFault('no vbmeta image: it does not start with AVB0');
  }
  const view = viewOf(image);
  const number = (at: number): number => toNumber(view.getBigUint64(at));
  const authentication = number(12);
  const auxiliaryAt = HEADER_BYTES + authentication;
  const end = auxiliaryAt + number(20);
  if (end > image.length) throw new AvbFault('the vbmeta image is cut off');
  const bytes = image.subarray(0, end);
  const auxiliary = bytes.subarray(auxiliaryAt);
  const key = parseAvbKey(slice(auxiliary, number(64), number(72)));
  const hash = HASHES[view.getUint32(28)];
  if (!hash) throw new AvbFault('the vbmeta image is not signed');
  const signatureAt = number(48);
  const signature = slice(bytes.subarray(HEADER_BYTES, auxiliaryAt), signatureAt, number(56));
  const signed = Buffer.concat([bytes.subarray(0, HEADER_BYTES), auxiliary]);
  if (!verify(hash, signed, toPublicKey(key), signature)) {
    throw new AvbFault('the signature of the vbmeta image is wrong');
  }
  const descriptors = slice(auxiliary, number(96), number(104));
  return { bytes, key, rollbackIndex: view.getBigUint64(112), ...readDescriptors(descriptors) };
}

/**
 * The vbmeta digest: SHA-256 over the main image and those of its chained partitions, in the order of
 * its descriptors. Lower-case hex, as a device reports it in `verifiedBootHash`.
 */
export function digestVbmeta(main: VbmetaImage, chained: readonly VbmetaImage[]): string {
  main.chained.forEach(({ partition, keySha256 }, index) => {
    if (chained[index]?.key.sha256 !== keySha256) {
      throw new AvbFault(`the vbmeta image of partition ${partition} is signed by another key`);
    }
  });
  return sha256(Buffer.concat([main, ...chained].map(({ bytes }) => bytes)));
}

/** A partition image ends with a footer that says where its vbmeta image is. */
function offsetOfVbmeta(file: Uint8Array): number {
  const at = file.length - FOOTER_BYTES;
  if (at < 0 || textOf(file, at, 4) !== 'AVBf') return 0;
  return toNumber(viewOf(file).getBigUint64(at + 20));
}

const PROPERTY = 0n;
const CHAIN_PARTITION = 4n;

function readDescriptors(bytes: Uint8Array): Pick<VbmetaImage, 'chained' | 'properties'> {
  const chained: ChainedPartition[] = [];
  const properties = new Map<string, string>();
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; ) {
    if (at + 16 > bytes.length) throw new AvbFault('a descriptor is cut off');
    const body = slice(bytes, at + 16, toNumber(view.getBigUint64(at + 8)));
    const tag = view.getBigUint64(at);
    if (tag === PROPERTY) properties.set(...readProperty(body));
    if (tag === CHAIN_PARTITION) chained.push(readChainPartition(body));
    at += 16 + body.length;
  }
  return { chained, properties };
}

function readProperty(body: Uint8Array): [string, string] {
  if (body.length < 16) throw new AvbFault('a descriptor is cut off');
  const [keyBytes, valueBytes] = [0, 8].map((at) => toNumber(viewOf(body).getBigUint64(at)));
  const key = slice(body, 16, keyBytes as number);
  const value = slice(body, 17 + key.length, valueBytes as number);
  return [textOf(key), textOf(value)];
}

/** rollback_index_location, two lengths, flags, 60 reserved bytes; then the name and the key. */
function readChainPartition(body: Uint8Array): ChainedPartition {
  if (body.length < 76) throw new AvbFault('a descriptor is cut off');
  const view = viewOf(body);
  const name = slice(body, 76, view.getUint32(4));
  const key = slice(body, 76 + name.length, view.getUint32(8));
  return { partition: textOf(name), keySha256: sha256(key) };
}

/** AVB keys have the exponent 65537. */
function toPublicKey({ modulus }: AvbKey) {
  const jwk = { kty: 'RSA', n: Buffer.from(modulus).toString('base64url'), e: 'AQAB' };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function slice(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > bytes.length) throw new AvbFault('a length points past the end of its block');
  return bytes.subarray(at, at + length);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function toNumber(value: bigint): number {
  if (value > 0xffff_ffffn) throw new AvbFault('a length is larger than any image');
  return Number(value);
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function textOf(bytes: Uint8Array, start = 0, length = bytes.length): string {
  return Buffer.from(bytes.subarray(start, start + length)).toString('utf8');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
