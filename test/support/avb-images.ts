/** Android Verified Boot keys and vbmeta images, as avbtool writes them, signed with keys of their own. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface AvbSigner {
  readonly privateKey: KeyObject;
  /** `avb_pkmd.bin`. */
  readonly blob: Buffer;
}

export function makeAvbSigner(bits = 2048): AvbSigner {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const { n = '' } = publicKey.export({ format: 'jwk' });
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
  const word = 2n ** 32n;
  const inverse = inverseModulo(modulus % word, word);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(bits, 0);
  head.writeUInt32BE(Number(word - inverse), 4);
  const rr = 2n ** BigInt(2 * bits) % modulus;
  return { privateKey, blob: Buffer.concat([head, toBytes(modulus, bits), toBytes(rr, bits)]) };
}

/** Newton's iteration: each step doubles the bits that are right. */
function inverseModulo(value: bigint, modulus: bigint): bigint {
  let inverse = 1n;
  for (let step = 0; step < 6; step += 1) inverse = (inverse * (2n - value * inverse)) % modulus;
  return (inverse + modulus) % modulus;
}

function toBytes(value: bigint, bits: number): Buffer {
  return Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex');
}

export function propertyDescriptor(key: string, value: string): Buffer {
  return descriptor(0n, [u64(key.length), u64(value.length), Buffer.from(`${key}\0${value}\0`)]);
}

export function chainDescriptor(partition: string, key: Buffer): Buffer {
  const lengths = Buffer.alloc(16);
  lengths.writeUInt32BE(1, 0);
  lengths.writeUInt32BE(partition.length, 4);
  lengths.writeUInt32BE(key.length, 8);
  return descriptor(4n, [lengths, Buffer.alloc(60), Buffer.from(partition), key]);
}

/** Tag, length, body padded to eight bytes. */
function descriptor(tag: bigint, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const padding = Buffer.alloc((8 - (body.length % 8)) % 8);
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(tag, 0);
  head.writeBigUInt64BE(BigInt(body.length + padding.length), 8);
  return Buffer.concat([head, body, padding]);
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

interface ImageOptions {
  readonly descriptors?: readonly Buffer[];
  /** 1 to 3 SHA-256, 4 to 6 SHA-512. */
  readonly algorithm?: number;
}

/** A vbmeta image: header, authentication block (hash, signature), auxiliary block (descriptors, key). */
export function makeVbmeta(
  { privateKey, blob }: AvbSigner,
  { descriptors = [], algorithm = 1 }: ImageOptions = {},
): Buffer {
  const described = Buffer.concat(descriptors);
  const auxiliary = pad64(Buffer.concat([described, blob]));
  const signatureBytes = (blob.length - 8) / 2;
  const hashBytes = algorithm < 4 ? 32 : 64;
  const authenticationBytes = pad64(Buffer.alloc(hashBytes + signatureBytes)).length;
  const header = Buffer.alloc(256);
  header.write('AVB0', 0, 'ascii');
  header.writeUInt32BE(1, 4);
  header.writeBigUInt64BE(BigInt(authenticationBytes), 12);
  header.writeBigUInt64BE(BigInt(auxiliary.length), 20);
  header.writeUInt32BE(algorithm, 28);
  const numbers = [
    [32, 0],
    [40, hashBytes],
    [48, hashBytes],
    [56, signatureBytes],
    [64, described.length],
    [72, blob.length],
    [96, 0],
    [104, described.length],
    [112, 7],
  ] as const;
  for (const [at, value] of numbers) header.writeBigUInt64BE(BigInt(value), at);
  const hash = algorithm < 4 ? 'sha256' : 'sha512';
  const signature = sign(hash, Buffer.concat([header, auxiliary]), privateKey);
  const authentication = Buffer.alloc(authenticationBytes);
  signature.copy(authentication, hashBytes);
  return Buffer.concat([header, authentication, auxiliary]);
}

/** A partition image: data, its vbmeta image, and the footer that says where that is. */
export function makePartition(data: Buffer, vbmeta: Buffer): Buffer {
  const footer = Buffer.alloc(64);
  footer.write('AVBf', 0, 'ascii');
  footer.writeUInt32BE(1, 4);
  footer.writeBigUInt64BE(BigInt(data.length), 12);
  footer.writeBigUInt64BE(BigInt(data.length), 20);
  footer.writeBigUInt64BE(BigInt(vbmeta.length), 28);
  return Buffer.concat([data, vbmeta, Buffer.alloc(512), footer]);
}

function pad64(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((64 - (bytes.length % 64)) % 64)]);
}
