/**
 * Writes vectors/: the published form of statements, and statements right and wrong with the code each
 * must get. Run by hand when either changes: `node test/support/make-statements.ts`. A test holds both
 * against the code.
 */
import { writeFileSync } from 'node:fs';
import { StatementHeaderSchema, StatementPayloadSchema } from '../../src/request/index.ts';
import { signStatement } from '../../src/simulator/index.ts';
import { STATEMENT_VECTORS } from '../vectors/statements.ts';
import { AT, attest, contextIn, makeWorld } from './world.ts';

const world = await makeWorld('enigm-development', 'statement-vectors');
const evidence = attest(world, {}, { challenge: new Uint8Array(32).fill(7) });
const sound = signStatement(evidence, { at: AT });

const refused = STATEMENT_VECTORS.filter(({ expects }) => expects.severity === 'reject').map(
  ({ name, expects, change }) => ({
    name,
    statement: change(world, evidence).statement,
    expects: { code: expects.code, field: expects.field },
  }),
);

const [header = '', payload = ''] = sound.split('.');
const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

write('statement.schema.json', {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Statement',
  description:
    'A compact JWS (RFC 7515) signed by the attested key. Its decoded protected header and payload:',
  type: 'object',
  properties: { header: StatementHeaderSchema, payload: StatementPayloadSchema },
  required: ['header', 'payload'],
});
write('statements.json', {
  about:
    'Statements of one simulated device, judged at one time under enigm-development with its challenge given.',
  at: new Date(AT).toISOString(),
  policy: contextIn(world, 'enigm-development', evidence).policy.policy.id,
  chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
  challenge: Buffer.from(evidence.challenge).toString('base64url'),
  sound: { statement: sound, header: decode(header), payload: decode(payload) },
  refused,
});

function write(name: string, document: object): void {
  const place = new URL(`../../vectors/${name}`, import.meta.url);
  writeFileSync(place, `${JSON.stringify(document, null, 2)}\n`);
}
