/** Real worker threads: they verify, they die, and they are replaced. */
import { readdirSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { RunTerms } from '../../src/batch/protocol.ts';
import { loadConfig } from '../../src/config.ts';
import { VerificationFault } from '../../src/pool/dispatcher.ts';
import type { Job } from '../../src/pool/protocol.ts';
import { readSharedTrust, shareTrust } from '../../src/pool/shared-trust.ts';
import { VerificationPool } from '../../src/pool/verification-pool.ts';
import { loadTrustMaterial } from '../../src/sources/load-trust.ts';
import { attest, makeWorld, type World } from '../support/world.ts';

const DYING_WORKER = fileURLToPath(new URL('../support/dying-worker.ts', import.meta.url));

let world: World;
let pool: VerificationPool;
let poisoned: Job[] = [];
const ended: unknown[] = [];

beforeAll(async () => {
  world = await makeWorld('enigm-development', 'pool');
});

afterEach(async () => {
  await pool.close();
});

const trust = shareTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {})));

function start(filename?: string, inForce = () => trust): VerificationPool {
  poisoned = [];
  pool = new VerificationPool({
    workers: 2,
    maxQueue: 100,
    deadlineMs: 20_000,
    trust: inForce,
    revocation: () => world.revocation,
    onPoison: (job) => poisoned.push(job),
    onWorkerError: (cause) => ended.push(cause),
    ...(filename === undefined ? {} : { filename }),
  });
  return pool;
}

function jobOf(): Job {
  const chain = attest(world).chain.map((der) => Buffer.from(der).toString('base64'));
  return { form: 'json', body: JSON.stringify({ chain, policy: 'inspect' }), query: {} };
}

const dying = (word: string): Job => ({ form: 'json', body: `{"chain":"${word}"}`, query: {} });

test('a worker that cannot verify keeps the pool from starting', async () => {
  start(fileURLToPath(new URL('../support/broken-worker.ts', import.meta.url)));
  await expect(pool.start()).rejects.toThrow('a sound chain is not proved');
});

test('workers answer with reports', async () => {
  await start().start();
  const answers = await Promise.all(Array.from({ length: 20 }, () => pool.submit(jobOf()).answer));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(pool.workersUp).toBe(2);
});

test.runIf(process.platform === 'linux')('workers give way to the thread of HTTP', async () => {
  await start().start();
  const below = nicenesses().filter((nice) => nice > os.getPriority());
  expect(below).toHaveLength(2);
});

/** Of each thread of this process (proc(5)); one that ended meanwhile has none. */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return [os.getPriority(Number(thread))];
    } catch {
      return [];
    }
  });
}

test('a request that ends its worker takes no other with it, and is answered with a fault', async () => {
  start(DYING_WORKER);
  const good = Array.from({ length: 10 }, () => pool.submit(jobOf()).answer);
  const bad = pool.submit(dying('please-die')).answer;
  const more = Array.from({ length: 10 }, () => pool.submit(jobOf()).answer);
  await expect(bad).rejects.toThrow(VerificationFault);
  const answers = await Promise.all([...good, ...more]);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(poisoned.map(({ body }) => body)).toEqual(['{"chain":"please-die"}']);
  expect((await pool.submit(jobOf()).answer).status).toBe(200);
  expect(pool.workersUp).toBe(2);
});

test('a defect of ours is a fault, and says nothing of itself', async () => {
  start(DYING_WORKER);
  const failed = pool.submit(dying('please-throw')).answer;
  await expect(failed).rejects.toThrow('verification failed');
  expect((await pool.submit(jobOf()).answer).status).toBe(200);
});

test('a batch is judged under the trust it began with, whatever is in force later', async () => {
  let inForce = trust;
  start(undefined, () => inForce);
  await pool.start();
  const chain = attest(world).chain.map((der) => Buffer.from(der).toString('base64'));
  const bytes = Buffer.from(JSON.stringify({ id: 'one', chain, policy: 'inspect' }));
  const terms: RunTerms = {
    appraisedAt: Date.now(),
    revocation: 'waived',
    policy: null,
    form: 'brief',
    facts: false,
    recordKeys: { keys: [] },
    only: null,
    crossCheckRate: 0,
  };
  const chunk = { terms, bytes, firstLine: 1, input: null };
  const begun = pool.openJudge();
  const material = readSharedTrust(trust);
  const policies = material.policies.filter(({ id }) => id !== 'inspect');
  inForce = shareTrust({ ...material, policies });
  const later = pool.openJudge();
  for (const [judge, errors] of [
    [begun, {}],
    [later, { POLICY_UNKNOWN: 1 }],
    [begun, {}],
  ] as const) {
    expect((await judge(chunk)).tally.errors).toEqual(errors);
  }
});
