/**
 * The published form of statements, as JSON Schema: what a device signs, and what the signature's header
 * says. Core checks the same by hand; a test compares the two.
 */
import Type from 'typebox';
import { STATEMENT_ALGORITHMS, STATEMENT_FIELDS, STATEMENT_TYPE } from '../core/statement/index.ts';

const STRICT = { additionalProperties: false } as const;

const fields = Object.fromEntries(
  Object.entries(STATEMENT_FIELDS).map(([name, words]) => [
    name,
    Type.Optional(Type.Union(words.map((word) => Type.Literal(word)))),
  ]),
);

/** What a statement says of the device. */
export const StatementFieldsSchema = Type.Object(fields, STRICT);

/** The payload of the JWS. */
export const StatementPayloadSchema = Type.Object(
  {
    nonce: Type.String({
      pattern: '^[A-Za-z0-9_-]*$',
      maxLength: 171,
      description: 'The challenge of the request it is sent with, base64url without padding.',
    }),
    evidenceDigest: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description:
        'SHA-256 over each certificate of the chain as sent, leaf first: its length as 32-bit big-endian, then its DER. Lower-case hex.',
    }),
    iat: Type.Integer({ description: 'When it was signed: seconds since 1970.' }),
    ...fields,
  },
  {
    ...STRICT,
    title: 'StatementPayload',
    description:
      'Payload of a compact JWS signed by the attested key. All but three members may be left out.',
  },
);

/** The protected header: exactly these two members. */
export const StatementHeaderSchema = Type.Object(
  {
    alg: Type.Union(
      STATEMENT_ALGORITHMS.map((each) => Type.Literal(each)),
      {
        description: 'As the attested key signs: ES256 for P-256, RS256 or PS256 for RSA.',
      },
    ),
    typ: Type.Literal(STATEMENT_TYPE),
  },
  { ...STRICT, title: 'StatementHeader' },
);
