/**
 * The published form of statements, as JSON Schema: what a device signs, and what the signature's header
 * says. Core checks the same by hand; a test compares the two.
 */
import { STATEMENT_ALGORITHMS, STATEMENT_FIELDS, STATEMENT_TYPE } from '../core/statement/index.ts';

const STRICT = { type: 'object', additionalProperties: false } as const;

const fields = Object.fromEntries(
  Object.entries(STATEMENT_FIELDS).map(([name, words]) => [name, { type: 'string', enum: words }]),
);

/** What a statement says of the device. */
export const StatementFieldsSchema = { ...STRICT, properties: fields };

/** The payload of the JWS. */
export const StatementPayloadSchema = {
  ...STRICT,
  title: 'StatementPayload',
  description:
    'Payload of a compact JWS signed by the attested key. All but three members may be left out.',
  properties: {
    nonce: {
      type: 'string',
      pattern: '^[A-Za-z0-9_-]*$',
      maxLength: 171,
      description: 'The challenge of the request it is sent with, base64url without padding.',
    },
    evidenceDigest: {
      type: 'string',
      pattern: '^[0-9a-f]{64}$',
      description:
        'SHA-256 over each certificate of the chain as sent, leaf first: its length as 32-bit big-endian, then its DER. Lower-case hex.',
    },
    iat: { type: 'integer', description: 'When it was signed: seconds since 1970.' },
    ...fields,
  },
  required: ['nonce', 'evidenceDigest', 'iat'],
};

/** The protected header: exactly these two members. */
export const StatementHeaderSchema = {
  ...STRICT,
  title: 'StatementHeader',
  properties: {
    alg: {
      type: 'string',
      enum: STATEMENT_ALGORITHMS,
      description: 'As the attested key signs: ES256 for P-256, RS256 or PS256 for RSA.',
    },
    typ: { type: 'string', const: STATEMENT_TYPE },
  },
  required: ['alg', 'typ'],
};
