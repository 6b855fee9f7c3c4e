/** Vectors for statements: each is the sound statement of the device, with one thing changed. */
import type { FindingCode } from '../../src/core/base/index.ts';
import { type Evidence, type StatementOptions, signStatement } from '../../src/simulator/index.ts';
import { AT, type World } from '../support/world.ts';
import type { JudgedVector } from './judged.ts';

type Change = (world: World, evidence: Evidence) => Partial<StatementOptions>;

const GOOGLE_LIKE = { rule: 'T28', world: 'google-like', policy: 'android-hardware' } as const;

function vector(
  name: string,
  [code, field]: readonly [FindingCode, string],
  change: Change,
): JudgedVector {
  return {
    ...GOOGLE_LIKE,
    name,
    expects: { code, severity: 'reject', field },
    change: (world, evidence) => ({
      statement: signStatement(evidence, { at: AT, ...change(world, evidence) }),
    }),
  };
}

const anotherKey = (world: World) =>
  world.simulator.device({ provisioning: 'remote' }).attest().key.privateKey;

export const STATEMENT_VECTORS: readonly JudgedVector[] = [
  vector(
    'a statement that says what no statement says',
    ['STATEMENT_MALFORMED', 'statement.payload'],
    () => ({ payload: { administrator: 'yes' } }),
  ),
  vector(
    'a statement in words of its own',
    ['STATEMENT_MALFORMED', 'statement.networkPolicy'],
    () => ({ fields: { networkPolicy: 'EXCELLENT' } }),
  ),
  vector('a header that brings a key along', ['STATEMENT_MALFORMED', 'statement'], () => ({
    header: { jwk: {} },
  })),
  vector('a token of another type', ['STATEMENT_TYPE', 'statement.typ'], () => ({
    header: { typ: 'JWT' },
  })),
  vector('an unsigned statement', ['STATEMENT_ALGORITHM', 'statement.alg'], () => ({
    header: { alg: 'none' },
  })),
  vector('a statement of another algorithm', ['STATEMENT_ALGORITHM', 'statement.alg'], () => ({
    header: { alg: 'HS256' },
  })),
  vector(
    'a statement by another key',
    ['STATEMENT_SIGNATURE_INVALID', 'statement.signature'],
    (world) => ({ signer: anotherKey(world) }),
  ),
  vector(
    'a statement for another challenge',
    ['STATEMENT_NONCE_MISMATCH', 'statement.nonce'],
    () => ({ payload: { nonce: Buffer.alloc(32).toString('base64url') } }),
  ),
  vector(
    'a statement about other evidence',
    ['STATEMENT_EVIDENCE_MISMATCH', 'statement.evidenceDigest'],
    () => ({ payload: { evidenceDigest: '0'.repeat(64) } }),
  ),
  vector('an old statement', ['STATEMENT_EXPIRED', 'statement.iat'], () => ({
    at: AT - 601_000,
  })),
  vector('a statement from the future', ['STATEMENT_NOT_YET_VALID', 'statement.iat'], () => ({
    at: AT + 61_000,
  })),
  {
    name: 'a statement without a challenge that was checked',
    rule: 'T28',
    world: 'enigm-development',
    policy: 'enigm-development',
    expects: { code: 'STATEMENT_NOT_FRESH', severity: 'review', field: 'statement.nonce' },
    change: (_, evidence) => ({
      challenge: { kind: 'absent' },
      statement: signStatement(evidence, { at: AT }),
    }),
  },
  {
    ...GOOGLE_LIKE,
    name: 'a statement by an app that nobody named',
    expects: { code: 'STATEMENT_NOT_MEANINGFUL', severity: 'review', field: 'statement' },
    change: (_, evidence) => ({ statement: signStatement(evidence, { at: AT }) }),
  },
];
