/** How many keys an attestation key vouched for today, counted by all workers together. */
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { KeyUse, shareKeyUse } from '../../src/pool/key-use.ts';
import { shareTrust } from '../../src/pool/shared-trust.ts';
import { VerificationPool } from '../../src/pool/verification-pool.ts';
import { SeededRandom } from '../../src/simulator/random.ts';
import { loadTrustMaterial } from '../../src/sources/load-trust.ts';
import { ROOTS } from '../../src/sources/package-root.ts';
import { loadBundledSnapshot } from '../../src/sources/revocation.ts';
import { makeWorld, policyNamed } from '../support/world.ts';

const DAY = 86_400_000;
const COUNTING_WORKER = path.resolve('test/support/counting-worker.ts');
const KEYS_EACH = 20;
const random = new SeededRandom('key use');
const newKey = () => random.bytes(91);

test('each key counts once a day, for its own attestation key, in every worker', () => {
  const shared = shareKeyUse();
  const [one, other] = [new KeyUse(shared), new KeyUse(shared)];
  const [device, neighbour] = [newKey(), newKey()];
  const keys = Array.from({ length: 500 }, newKey);
  for (const [at, key] of keys.entries()) {
    expect((at % 2 === 0 ? one : other).count(device, key, DAY)).toBe(at + 1);
  }
  for (const key of keys) expect(other.count(device, key, 2 * DAY - 1)).toBe(500);
  expect(one.count(neighbour, newKey(), DAY)).toBe(1);
  expect(other.count(device, keys[0] as Uint8Array, 2 * DAY)).toBe(1);
});

test('a crowd of other devices hardly adds to one', () => {
  const use = new KeyUse(shareKeyUse());
  const device = newKey();
  for (let made = 0; made < 100_000; made += 1) use.count(newKey(), newKey(), DAY);
  expect(use.count(device, newKey(), DAY)).toBeLessThan(20);
});

test('a service whose policy looks at it says so, whichever worker answers', async () => {
  const world = await makeWorld('enigm-development', 'key use');
  const material = loadTrustMaterial(loadConfig({ environment: 'development' }, {}));
  const base = policyNamed('enigm-development');
  const riskSignals = {
    ...base.rules.riskSignals,
    RISK_ATTESTATION_KEY_VELOCITY: 'review',
  } as const;
  const policy = { ...base, id: 'counting', rules: { ...base.rules, riskSignals } };
  const trust = shareTrust({ ...material, policies: [...material.policies, policy] });
  const snapshot = loadBundledSnapshot(ROOTS);
  const pool = new VerificationPool({
    workers: 2,
    maxQueue: 4096,
    deadlineMs: 60_000,
    trust: () => trust,
    revocation: () => snapshot,
    onPoison: () => {},
    onWorkerError: () => {},
  });
  await pool.start();
  const device = world.simulator.device({ provisioning: 'remote' });
  const isSaid = async (): Promise<boolean> => {
    const { chain, challenge } = device.attest();
    const body = JSON.stringify({
      chain: chain.map((der) => Buffer.from(der).toString('base64')),
      challenge: Buffer.from(challenge).toString('base64url'),
      policy: 'counting',
    });
    const answer = await pool.submit({ form: 'json', body, query: {} }).answer;
    return answer.body.includes('RISK_ATTESTATION_KEY_VELOCITY');
  };
  const askTimes = (times: number) => Promise.all(Array.from({ length: times }, isSaid));
  // Workers that count at the same time may each see the other's: only what is answered has a number.
  const within = await askTimes(1000);
  const beyond = await askTimes(10);
  await pool.close();
  expect(within.filter((each) => each)).toEqual([]);
  expect(beyond).toEqual(Array.from({ length: 10 }, () => true));
});

test('workers that start together lose nothing of what they count first', async () => {
  const rounds = Array.from({ length: 50 }, shareKeyUse);
  const arrived = new Int32Array(new SharedArrayBuffer(4 * rounds.length));
  const ended = Array.from({ length: 2 }, (_, index) => {
    const workerData = { rounds, arrived, index, workers: 2, keys: KEYS_EACH };
    return once(new Worker(COUNTING_WORKER, { workerData }), 'exit');
  });
  await Promise.all(ended);
  const counts = rounds.map((shared) =>
    new KeyUse(shared).count(new Uint8Array(91), newKey(), DAY),
  );
  expect(counts).toEqual(rounds.map(() => 2 * KEYS_EACH + 1));
});
