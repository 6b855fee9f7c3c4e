/** Stages `challenge` and `key`: whether the evidence answers this request and is about this key. */
import type { CodeColumns, CodeEntry } from './entry.ts';

const CHALLENGE = {
  stage: 'challenge',
  severity: 'reject',
  layer: null,
  failureClass: 'REPLAY_ATTEMPT',
  retryable: true,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const KEY = {
  stage: 'key',
  severity: 'reject',
  layer: 'key-material',
  failureClass: 'ELIGIBILITY_FAILURE',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const NEW_CHALLENGE =
  'issue a fresh challenge, let the device make a new key with it, and send the same challenge with the chain';

export const BINDING_CODES = {
  CHALLENGE_MISMATCH: {
    ...CHALLENGE,
    text: 'the challenge in the evidence is not the one expected',
    why: 'the evidence answers another request; it may be a replay of an old one',
    remedy: NEW_CHALLENGE,
  },
  CHALLENGE_MISSING: {
    ...CHALLENGE,
    text: 'the evidence carries no challenge',
    why: 'evidence without a challenge is as good next year as today',
    remedy: NEW_CHALLENGE,
  },
  CHALLENGE_NOT_GIVEN: {
    ...CHALLENGE,
    severity: 'inconclusive',
    failureClass: 'STALE_ATTESTATION',
    text: 'the policy needs a challenge and the request gives none to compare',
    why: 'without it nobody knows whether the evidence is fresh',
    remedy:
      'send the challenge you gave the device; on the command line --challenge, or --no-challenge to leave it unchecked',
  },
  CHALLENGE_FOREIGN: {
    ...CHALLENGE,
    text: 'the challenge was not issued by this service',
    why: 'the policy accepts only challenges of this service, which expire and can be used once',
    remedy: 'get a challenge from POST /v1/challenges',
  },
  CHALLENGE_NOT_CHECKED: {
    ...CHALLENGE,
    severity: 'review',
    failureClass: null,
    text: 'the challenge was not checked, because the caller said so',
    why: 'nobody knows whether the evidence is fresh',
    remedy: 'leave out --no-challenge and give the challenge',
  },
  CHALLENGE_EXPIRED: {
    ...CHALLENGE,
    failureClass: 'STALE_ATTESTATION',
    text: 'the challenge was issued by this service and is outside its time',
    why: 'a challenge is good for minutes, so that evidence cannot be kept for later',
    remedy: NEW_CHALLENGE,
  },
  CHALLENGE_REUSED: {
    ...CHALLENGE,
    text: 'the challenge was used before',
    why: 'each challenge answers one request; this is a replay, or the same request sent twice',
    remedy: NEW_CHALLENGE,
  },
  CHALLENGE_UNBOUND: {
    ...CHALLENGE,
    text: 'the challenge was issued for something else than the request names',
    why: 'evidence made for one handle, action, request, transport or caller must not serve another',
    remedy: 'issue a challenge for what is being done, and name the same with the evidence',
  },
  CHALLENGE_CONTEXT_NOT_GIVEN: {
    ...CHALLENGE,
    severity: 'inconclusive',
    failureClass: 'STALE_ATTESTATION',
    text: 'the challenge was issued for something that the request does not name',
    why: 'leaving a binding out must not be a way around it',
    remedy: 'name in context what the challenge was issued for; the challenge was not used up',
  },
  CHALLENGE_CONTEXT_NOT_CHECKED: {
    ...CHALLENGE,
    severity: 'review',
    failureClass: null,
    text: 'the request names what the evidence is for, and its challenge cannot say so',
    why: 'only a challenge of this service, checked as such, carries what it was issued for',
    remedy: 'get a challenge from POST /v1/challenges, under a policy that checks challenges',
  },
  CHALLENGE_MARK_UNAVAILABLE: {
    ...CHALLENGE,
    severity: 'inconclusive',
    failureClass: 'VERIFIER_UNAVAILABLE',
    text: 'whether the challenge was used before cannot be known now',
    why: 'the store of used challenges is full or does not answer, and a replay must not pass meanwhile',
    remedy: 'send the same request again later; the challenge was not used up',
  },
  CHALLENGE_MARKS_LOST: {
    ...CHALLENGE,
    severity: 'inconclusive',
    failureClass: 'VERIFIER_UNAVAILABLE',
    text: 'the challenge is older than the memory of used challenges',
    why: 'the process or store that would know of an earlier use has started since',
    remedy: NEW_CHALLENGE,
  },
  KEY_MISMATCH: {
    ...KEY,
    text: 'the attested key is not the key that was given',
    why: 'the attestation vouches for another key than the one in use',
    remedy: 'use the attested key, or attest the key in use',
  },
  KEY_PARAMS_INCONSISTENT: {
    ...KEY,
    failureClass: 'INVALID_TRUST_CHAIN',
    text: 'the key in the certificate is not the key the attestation describes',
    why: 'algorithm, size and curve are written by the same hardware and must agree',
    remedy: 'treat it as an attack: the leaf was put together from two sources',
  },
} as const satisfies Record<string, CodeEntry>;
