/**
 * Detached OpenSSH signatures (openssh-portable PROTOCOL.sshsig) by Ed25519 keys of an allowed_signers file
 * (ssh-keygen(1), ALLOWED SIGNERS), as GrapheneOS signs its list of boot keys.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';

/** A signature that proves nothing, and why. */
export class SshSignatureFault extends Error {}

const ARMOUR = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\s*$/;
const MAGIC = 'SSHSIG';
const KEY_TYPE = 'ssh-ed25519';

/** Who must have signed what for. */
export interface ExpectedSignature {
  readonly identity: string;
  readonly namespace: string;
  /** Text of an allowed_signers file. */
  readonly allowedSigners: string;
}

/** Throws `SshSignatureFault` unless an allowed key of `identity` signed `message` for `namespace`. */
export function verifySshSignature(
  message: Uint8Array,
  armoured: string,
  { identity, namespace, allowedSigners }: ExpectedSignature,
): void {
  const body = ARMOUR.exec(armoured.replaceAll('\r\n', '\n'))?.[1];
  if (body === undefined) throw new SshSignatureFault('no SSH signature');
  const bytes = Buffer.from(body, 'base64');
  if (bytes.subarray(0, 6).toString() !== MAGIC || bytes.readUInt32BE(6) !== 1) {
    throw new SshSignatureFault('no SSH signature of version 1');
  }
  const fields = readStrings(bytes.subarray(10), 5);
  const [keyBlob, signedFor, reserved, hash, signatureBlob] = fields as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  if (signedFor.toString() !== namespace) {
    throw new SshSignatureFault(
      `signed for ${JSON.stringify(signedFor.toString())}, not ${JSON.stringify(namespace)}`,
    );
  }
  if (!keysOf(allowedSigners, identity).some((key) => key.equals(keyBlob))) {
    throw new SshSignatureFault(`signed by a key that is not one of ${identity}`);
  }
  const digest = hash.toString();
  if (digest !== 'sha256' && digest !== 'sha512') {
    throw new SshSignatureFault(`hash ${JSON.stringify(digest)} is not known`);
  }
  const signed = Buffer.concat([
    Buffer.from(MAGIC),
    ...[signedFor, reserved, hash, createHash(digest).update(message).digest()].map(writeString),
  ]);
  const [type, signature] = readStrings(signatureBlob, 2) as [Buffer, Buffer];
  if (type.toString() !== KEY_TYPE || !verify(null, signed, toPublicKey(keyBlob), signature)) {
    throw new SshSignatureFault('the signature is wrong');
  }
}

/** Key blobs of `identity`: lines of "principals [options] key-type base64 [comment]". */
function keysOf(allowedSigners: string, identity: string): Buffer[] {
  return allowedSigners.split('\n').flatMap((line) => {
    const [principals = '', ...words] = line.trim().split(/\s+/);
    const at = words.indexOf(KEY_TYPE);
    const key = at === -1 ? undefined : words[at + 1];
    const isTheirs = principals.split(',').includes(identity);
    return isTheirs && key !== undefined ? [Buffer.from(key, 'base64')] : [];
  });
}

function toPublicKey(blob: Buffer) {
  const [, key] = readStrings(blob, 2) as [Buffer, Buffer];
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** RFC 4251 section 5: a length of 32 bits and that many bytes; exactly `count`, and nothing behind. */
function readStrings(bytes: Buffer, count: number): Buffer[] {
  const strings: Buffer[] = [];
  let at = 0;
  while (strings.length < count) {
    const end = at + 4 > bytes.length ? Number.NaN : at + 4 + bytes.readUInt32BE(at);
    if (!(end <= bytes.length)) throw new SshSignatureFault('the signature is cut off');
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at !== bytes.length) throw new SshSignatureFault('bytes follow the signature');
  return strings;
}

function writeString(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
