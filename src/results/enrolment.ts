/** Enrolment records: what a device was when it enrolled, signed, for the caller to keep and bring back. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EnrolledDevice, EnrolmentClaim } from '../core/continuity/index.ts';
import { compileSchema } from '../json-schema.ts';
import type { VerificationKey } from './keys.ts';
import type { Claims } from './sign.ts';
import { verifyDocument } from './verify.ts';

const FLOOR = { type: ['integer', 'null'] } as const;

const DEVICE = compileSchema<EnrolledDevice>({
  type: 'object',
  properties: {
    key: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    securityLevel: { type: 'string' },
    bootKey: { type: ['string', 'null'] },
    patchFloor: {
      type: 'object',
      properties: { osPatchLevel: FLOOR, vendorPatchLevel: FLOOR, bootPatchLevel: FLOOR },
      required: ['osPatchLevel', 'vendorPatchLevel', 'bootPatchLevel'],
      additionalProperties: false,
    },
    signers: { type: 'array', items: { type: 'string' } },
  },
  required: ['key', 'securityLevel', 'bootKey', 'patchFloor', 'signers'],
  additionalProperties: false,
});

export interface EnrolmentTerms {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly lifetimeSeconds: number;
  readonly handleKey: Uint8Array;
  readonly handle: string | null;
  readonly environment: string;
}

/** The claims of the record of a device that has just been accepted. */
export function toEnrolmentClaims(device: EnrolledDevice, terms: EnrolmentTerms): Claims {
  const { issuer, audience, now, lifetimeSeconds, handleKey, handle, environment } = terms;
  const iat = Math.floor(now / 1000);
  return {
    iss: issuer,
    aud: audience,
    iat,
    exp: iat + lifetimeSeconds,
    environment,
    handleHmac: handle === null ? null : hmacOfHandle(handle, handleKey),
    device,
  };
}

export interface RecordExpectation {
  readonly keys: readonly VerificationKey[];
  readonly issuer: string;
  readonly now: number;
  readonly handleKey: Uint8Array;
  readonly handle: string | null;
  readonly environment: string;
}

/** What a record that came with a request is worth. */
export function openEnrolmentRecord(
  record: string,
  { keys, issuer, now, handleKey, handle, environment }: RecordExpectation,
): EnrolmentClaim {
  const verified = verifyDocument('enrolment', record, { keys, issuer, now });
  if (!verified.ok) return { kind: 'refused', reason: verified.fault.code };
  const { device, handleHmac, environment: from } = verified.claims;
  if (!DEVICE.accepts(device)) return { kind: 'refused', reason: 'TOKEN_CLAIM_MISSING' };
  // What enrolled in development proves nothing in production.
  if (from !== environment) return { kind: 'refused', reason: 'TOKEN_ENVIRONMENT' };
  return { kind: 'verified', device, handleFits: handleFits(handleHmac, handle, handleKey) };
}

function handleFits(hmac: unknown, handle: string | null, key: Uint8Array): boolean {
  if (hmac === null) return true;
  if (typeof hmac !== 'string' || handle === null) return false;
  const [known, given] = [hmac, hmacOfHandle(handle, key)].map((text) => Buffer.from(text));
  return known?.length === given?.length && timingSafeEqual(known as Buffer, given as Buffer);
}

/** Stands for a handle where the handle itself must not: lower-case hex. */
export function hmacOfHandle(handle: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`enigm-attest handle\n${handle}`).digest('hex');
}
