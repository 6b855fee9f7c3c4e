/** What evidence is for: the members a challenge can be issued for, and a request can name. */
import type { RequestContext } from '../core/binding/index.ts';
import { compileSchema } from '../json-schema.ts';
import { parseJsonBody, type RequestFault } from './json-body.ts';

/** Long enough for a digest in any notation or a path of names; short enough to be no document. */
const MAX_CHARACTERS = 256;

/** Text without control characters, compared exactly. */
export function opaque<const Description extends string>(description: Description) {
  return {
    type: 'string',
    minLength: 1,
    maxLength: MAX_CHARACTERS,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
    description,
  } as const;
}

export const ContextSchema = {
  type: 'object',
  title: 'Context',
  description:
    'Compared exactly, as text; none of it is logged or readable in a challenge, and the audit trail keeps the action and an HMAC of the handle.',
  properties: {
    handle: opaque('Your own name for the device, given at enrolment; never derived from it.'),
    enrolment: opaque('The enrolment this belongs to.'),
    action: opaque('What the device is about to do.'),
    requestDigest: opaque('Digest of the request that the evidence goes with.'),
    transport: opaque('Thumbprint of the key of the transport (RFC 7638, RFC 8705).'),
  },
  additionalProperties: false,
} as const;

const CHECK = compileSchema<RequestContext>(ContextSchema);

export type ContextResult =
  | { readonly ok: true; readonly context: RequestContext }
  | { readonly ok: false; readonly fault: RequestFault };

/** Parses the JSON text of a request for a challenge. No text at all names nothing. */
export function parseContext(json: string): ContextResult {
  if (json === '') return { ok: true, context: {} };
  const parsed = parseJsonBody(json);
  if (!parsed.ok) return parsed;
  if (CHECK.accepts(parsed.document)) return { ok: true, context: parsed.document };
  const [member, text] = CHECK.explain(parsed.document);
  return { ok: false, fault: { code: 'REQUEST_INVALID', member, text } };
}
