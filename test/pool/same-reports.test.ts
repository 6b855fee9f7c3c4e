/**
 * One evidence, one report, whichever way it goes: in process with nothing remembered, in process with
 * everything remembered, through the pool, over HTTP in front of it, over HTTP by listeners; there by one thread each, which
 * is asked until it remembers. Only the moment may differ.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type AnswerContext, answer } from '../../src/pool/answer.ts';
import { createMemory } from '../../src/pool/memory.ts';
import type { Job } from '../../src/pool/protocol.ts';
import { shareTrust } from '../../src/pool/shared-trust.ts';
import { VerificationPool } from '../../src/pool/verification-pool.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { loadTrustMaterial } from '../../src/sources/load-trust.ts';
import { buildTrust } from '../../src/sources/trust.ts';
import { mutatedChain } from '../support/mutated-chain.ts';
import { post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorld } from '../support/world.ts';

const CORPUS = path.resolve('..', 'shared', 'corpus');
const isAbsent = !existsSync(CORPUS);
const WHY = isAbsent ? ' (skipped: ../shared/corpus is not here)' : '';

const MUTATIONS = 600;

const world = await makeWorld('enigm-development', 'same reports');
const material = loadTrustMaterial(loadConfig({ environment: 'development' }, {}));
const shared = shareTrust(material);
const context: Omit<AnswerContext, 'now' | 'memory'> = {
  trust: buildTrust(material),
  revocation: world.revocation,
  challengeKeys: null,
  results: null,
};
const remembering = createMemory();

let service: RunningService;
let listening: RunningService;
let pool: VerificationPool;

beforeAll(async () => {
  service = await serve({ workers: 1 });
  listening = await serve({ listeners: 1 });
  pool = new VerificationPool({
    workers: 1,
    maxQueue: 64,
    deadlineMs: 60_000,
    trust: () => shared,
    revocation: () => world.revocation,
    onPoison: () => {},
    onWorkerError: () => {},
  });
  await pool.start();
});

afterAll(async () => {
  await pool.close();
  await service.close();
  await listening.close();
});

function requestOf(chain: readonly Uint8Array[], challenge: Uint8Array, policy: string): string {
  return JSON.stringify({
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    challenge: Buffer.from(challenge).toString('base64url'),
    policy,
  });
}

/** Findings that say what time it is. */
const TELLS_TIME = ['EXPIRED', 'NOT_YET_VALID', 'REVOCATION_LIST_STALE'];

/** The text of an answer, members in their order, whatever the moment it was made at. */
function apartFromTime(text: string): string {
  let code: unknown;
  return JSON.stringify(JSON.parse(text), (name, value) => {
    if (name === 'code') code = value;
    const isTime = name === 'evidenceTime' || name === 'appraisedAt' || name === 'ageSeconds';
    const isNow = name === 'got' && TELLS_TIME.includes(code as string);
    return isTime || isNow ? typeof value : value;
  });
}

/** A chain that comes for the first time, the second (it is kept), and the third (it is known, to the letter). */
async function thrice(ask: () => Promise<string> | string): Promise<readonly string[]> {
  return [await ask(), await ask(), await ask()];
}

/** What every way says to a request, each asked until it remembers. */
async function sayings(body: string): Promise<readonly string[]> {
  const job: Job = { form: 'json', body, query: {} };
  const inline = (memory: AnswerContext['memory']): string =>
    answer(job, { ...context, memory, now: Date.now() }).body;
  const ask = async ({ url }: RunningService): Promise<string> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}/v1/verify`, { method: 'POST', body, headers })).text();
  };
  const texts = await Promise.all([
    [inline(createMemory())],
    thrice(() => inline(remembering)),
    thrice(async () => (await pool.submit(job).answer).body),
    thrice(() => ask(service)),
    thrice(() => ask(listening)),
  ]);
  return texts.flat().map(apartFromTime);
}

async function expectOneReport(bodies: ReadonlyMap<string, string>): Promise<void> {
  const differing: string[] = [];
  for (const [name, body] of bodies) {
    const said = await sayings(body);
    if (new Set(said).size !== 1) differing.push(name);
  }
  expect(differing).toEqual([]);
}

test('every defect and quirk of the catalogue', async () => {
  const bodies = new Map(
    DEFECTS.map((defect) => {
      const evidence = attest(world, defect.device, { ...defect.attest, defect: defect.name });
      return [defect.name, requestOf(evidence.chain, evidence.challenge, 'enigm-development')];
    }),
  );
  expect(bodies.size).toBeGreaterThan(100);
  await expectOneReport(bodies);
});

test(`${MUTATIONS} mutations, as the differential test makes them`, async () => {
  const bodies = new Map(
    Array.from({ length: MUTATIONS }, (_, made) => {
      const { chain, challenge } = mutatedChain([world], 'same reports', made);
      return [String(made), requestOf(chain, challenge, 'enigm-development')];
    }),
  );
  await expectOneReport(bodies);
}, 120_000);

test('sound chains of every shape, under every policy', async () => {
  const evidences = [
    attest(world),
    attest(world, { provisioning: 'factory' }),
    attest(world, {}, { attestKeys: 1 }),
  ];
  const bodies = new Map(
    evidences.flatMap(({ chain, challenge }, index) =>
      [...context.trust.policies.keys()].map((policy) => [
        `${index} ${policy}`,
        requestOf(chain, challenge, policy),
      ]),
    ) as [string, string][],
  );
  await expectOneReport(bodies);
  const [body] = bodies.values();
  const { answer: report } = await post(`${service.url}/v1/verify`, body as string);
  expect(report['evidenceDigest']).toMatch(/^[0-9a-f]{64}$/);
});

test.skipIf(isAbsent)(`real chains${WHY}`, async () => {
  const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.pem'),
  );
  const bodies = new Map(
    files.map((file) => {
      const chain = readFileSync(path.join(CORPUS, file), 'utf8');
      return [file, JSON.stringify({ chain, policy: 'inspect' })];
    }),
  );
  expect(bodies.size).toBeGreaterThan(200);
  await expectOneReport(bodies);
});
