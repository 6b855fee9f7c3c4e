/**
 * Challenges this service issues: self-contained, so that verifying one needs no store. 124 octets, and
 * nobody without the key can read or make one, or tell what one was issued for:
 *
 *     4  form: "EAC" and a version
 *     4  id of the key
 *     6  when it was issued, in milliseconds since 1970
 *     2  how long it is good, in seconds
 *    16  nonce
 *    60  six tags of ten: caller, handle, enrolment, action, request digest, transport
 *    32  HMAC-SHA-256 over everything before it
 *
 * A tag is an HMAC over nonce, name and value, or over nonce and name where nothing was named: so
 * a report can say which binding broke, while two challenges for one handle have nothing in common. The
 * last HMAC alone decides whether a challenge is ours.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  CONTEXT_MEMBERS,
  type ContextFit,
  type ContextMember,
  type IssuedChallenge,
  type RequestContext,
} from '../core/binding/index.ts';

/** A secret, and the id by which challenges name it. */
export interface ChallengeKey {
  readonly id: Buffer;
  readonly secret: Buffer;
}

/** The first issues; all of them verify. */
export type ChallengeKeys = readonly [ChallengeKey, ...ChallengeKey[]];

/** Who asks for a challenge, and what for. */
export interface ChallengePurpose {
  /** Id of the authenticated caller; null where none is configured. */
  readonly caller: string | null;
  readonly context: RequestContext;
}

/** What the bytes of a challenge are to this service. */
export type OpenedChallenge =
  /** No challenge of any such service. */
  | { readonly kind: 'other' }
  /** The form of one, but not under a key of ours: another service's, altered, or invented. */
  | { readonly kind: 'forged' }
  | {
      readonly kind: 'issued';
      /** What its single use is remembered by: lower-case hex. */
      readonly id: string;
      readonly issued: Omit<IssuedChallenge, 'mark'>;
    };

const FORM = Buffer.from('EAC\x01', 'latin1');
const KEY_ID_AT = 4;
const ISSUED_AT = 8;
const LIFETIME_AT = 14;
const NONCE_AT = 16;
const NONCE_BYTES = 16;
const TAGS_AT = NONCE_AT + NONCE_BYTES;
/** Eighty bits, checked online only and each under a nonce of its own. */
const TAG_BYTES = 10;
const TAG_NAMES = ['caller', ...CONTEXT_MEMBERS] as const;
const MAC_AT = TAGS_AT + TAG_NAMES.length * TAG_BYTES;
const MAC_BYTES = 32;

/** Octets of a challenge; a keystore takes 128. */
export const CHALLENGE_BYTES = MAC_AT + MAC_BYTES;

/** Prepares secrets of at least 32 octets each, the issuing one first. */
export function toKeys(secrets: readonly Uint8Array[]): ChallengeKeys {
  const [first, ...others] = secrets.map(toKey);
  if (first === undefined) throw new RangeError('no challenge key');
  return [first, ...others];
}

function toKey(secret: Uint8Array): ChallengeKey {
  const id = createHash('sha256').update('enigm-attest challenge key id').update(secret).digest();
  return { id: id.subarray(0, ISSUED_AT - KEY_ID_AT), secret: Buffer.from(secret) };
}

/** Makes a challenge. `now` in milliseconds since 1970, `lifetimeSeconds` below 65,536. */
export function issueChallenge(
  [key]: ChallengeKeys,
  purpose: ChallengePurpose,
  { now, lifetimeSeconds }: { readonly now: number; readonly lifetimeSeconds: number },
): { readonly challenge: Buffer; readonly expiresAt: number } {
  const challenge = Buffer.alloc(CHALLENGE_BYTES);
  FORM.copy(challenge);
  key.id.copy(challenge, KEY_ID_AT);
  challenge.writeUIntBE(now, ISSUED_AT, LIFETIME_AT - ISSUED_AT);
  challenge.writeUInt16BE(lifetimeSeconds, LIFETIME_AT);
  randomBytes(NONCE_BYTES).copy(challenge, NONCE_AT);
  const nonce = nonceOf(challenge);
  for (const [index, name] of TAG_NAMES.entries()) {
    tag(key, nonce, name, textOf(purpose, name)).copy(challenge, TAGS_AT + index * TAG_BYTES);
  }
  macOf(key, challenge).copy(challenge, MAC_AT);
  return { challenge, expiresAt: now + lifetimeSeconds * 1000 };
}

/** Opens a challenge that a request gives, and compares it with what the request names. */
export function openChallenge(
  bytes: Uint8Array,
  keys: ChallengeKeys,
  purpose: ChallengePurpose,
): OpenedChallenge {
  const challenge = Buffer.from(bytes);
  if (!challenge.subarray(0, FORM.length).equals(FORM)) return { kind: 'other' };
  if (challenge.length !== CHALLENGE_BYTES) return { kind: 'forged' };
  const keyId = challenge.subarray(KEY_ID_AT, ISSUED_AT);
  const key = keys.find(({ id }) => id.equals(keyId));
  if (key === undefined) return { kind: 'forged' };
  if (!timingSafeEqual(macOf(key, challenge), challenge.subarray(MAC_AT))) {
    return { kind: 'forged' };
  }
  const issuedAt = challenge.readUIntBE(ISSUED_AT, LIFETIME_AT - ISSUED_AT);
  const fits = TAG_NAMES.map((name) => [name, fitOf(key, challenge, name, purpose)] as const);
  const { caller, ...context } = Object.fromEntries(fits) as Record<TagName, ContextFit>;
  return {
    kind: 'issued',
    id: nonceOf(challenge).toString('hex'),
    issued: {
      issuedAt,
      expiresAt: issuedAt + challenge.readUInt16BE(LIFETIME_AT) * 1000,
      isOfCaller: caller === 'held' || caller === 'unnamed',
      context: context as Record<ContextMember, ContextFit>,
    },
  };
}

type TagName = (typeof TAG_NAMES)[number];

function fitOf(
  key: ChallengeKey,
  challenge: Buffer,
  name: TagName,
  purpose: ChallengePurpose,
): ContextFit {
  const at = TAGS_AT + TAG_NAMES.indexOf(name) * TAG_BYTES;
  const found = challenge.subarray(at, at + TAG_BYTES);
  const value = textOf(purpose, name);
  const isSame = timingSafeEqual(tag(key, nonceOf(challenge), name, value), found);
  if (value === null) return isSame ? 'unnamed' : 'omitted';
  return isSame ? 'held' : 'broken';
}

function textOf({ caller, context }: ChallengePurpose, name: TagName): string | null {
  return name === 'caller' ? caller : (context[name] ?? null);
}

/** JSON keeps apart what UTF-8 would merge: lone surrogates, and the absent from the empty. */
function tag(key: ChallengeKey, nonce: Buffer, name: TagName, value: string | null): Buffer {
  return createHmac('sha256', key.secret)
    .update('enigm-attest challenge binding')
    .update(nonce)
    .update(JSON.stringify([name, value]))
    .digest()
    .subarray(0, TAG_BYTES);
}

function macOf(key: ChallengeKey, challenge: Buffer): Buffer {
  return createHmac('sha256', key.secret)
    .update('enigm-attest challenge')
    .update(challenge.subarray(0, MAC_AT))
    .digest();
}

function nonceOf(challenge: Buffer): Buffer {
  return challenge.subarray(NONCE_AT, TAGS_AT);
}
