/**
 * What an enrolment costs: a challenge issued, the evidence of a new device that answers it verified, its
 * result signed. Beside what cannot be left out: the signatures of a new device, and the one of the result. Rates
 * are of one core: a million divided by the CPU of one enrolment.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { issueChallenge, toKeys } from '../src/challenge/challenge.ts';
import { answerAll } from '../src/pool/answer.ts';
import { makeSigner, toSigningKey } from '../src/results/index.ts';
import type { World } from '../test/support/world.ts';
import { type Chain, chainOf, SCENARIOS } from './fleets.ts';
import { BATCH, contextFor } from './inline.ts';
import { collect, type Result } from './measure.ts';

const COUNT = 960;
const SLICE = 6 * BATCH;
const PURPOSE = { caller: null, context: { handle: 'bench' } };

export async function measureEnrol(world: World, seconds: number): Promise<Result> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const signer = makeSigner(toSigningKey(pem));
  const challengeKeys = toKeys([randomBytes(32)]);
  const issue = (): Buffer =>
    issueChallenge(challengeKeys, PURPOSE, { now: Date.now(), lifetimeSeconds: 3600 }).challenge;

  const enrolments = Array.from({ length: COUNT }, () => {
    const challenge = new Uint8Array(issue());
    const device = world.simulator.device({ provisioning: 'remote' });
    const made = chainOf(device.attest({ challenge }), 'uppers');
    const asked = { ...JSON.parse(made.body), result: 'token', context: PURPOSE.context };
    return { ...made, body: JSON.stringify(asked) };
  });
  const context = {
    ...contextFor(SCENARIOS['rkp-fleet']?.(world) ?? { name: '', before: [], chains: [] }),
    challengeKeys,
    results: {
      issuer: 'bench',
      audiences: [],
      lifetimeSeconds: 300,
      enrolmentLifetimeSeconds: 300,
      handleKey: randomBytes(32),
      jwks: signer.jwks,
    },
  };
  /** As many as come together: each is signed while others are, as each caller waits for its own. */
  const enrol = async (chains: readonly Chain[]): Promise<void> => {
    const jobs = chains.map(({ body }) => ({ form: 'json', body, query: {} }) as const);
    for (let issued = 0; issued < chains.length; issued += 1) issue();
    const answers = answerAll(jobs, { ...context, now: Date.now() });
    await Promise.all(
      answers.map(async ({ facts, toSign: [document] = [] }) => {
        if (facts.kind !== 'report' || facts.outcome !== 'accept' || document === undefined) {
          throw new Error(`not enrolled: ${JSON.stringify(facts)}`);
        }
        await signer.signDocument(document.kind, document.claims);
      }),
    );
  };
  const token = randomBytes(700);
  const bare = ({ floor }: Chain): void => {
    floor();
    sign('sha256', token, privateKey);
  };

  /** Signing happens on threads of Node's: what counts is the CPU of the whole process. */
  const rounds: { all: number; alone: number }[] = [];
  const ends = performance.now() + seconds * 1000;
  for (let round = 0; round < 4 || performance.now() < ends; round += 1) {
    const from = (round * SLICE) % COUNT;
    const taken = enrolments.slice(from, from + SLICE);
    const before = process.cpuUsage();
    for (let at = 0; at < taken.length; at += BATCH) await enrol(taken.slice(at, at + BATCH));
    // What it leaves is its own to collect.
    collect();
    const between = process.cpuUsage();
    for (const each of taken) bare(each);
    collect();
    const after = process.cpuUsage();
    rounds.push({ all: cpuUs(before, between) / SLICE, alone: cpuUs(between, after) / SLICE });
  }
  const warm = rounds.slice(Math.min(2, rounds.length - 1));
  const mean = (of: (round: { all: number; alone: number }) => number): number =>
    warm.reduce((sum, each) => sum + of(each), 0) / warm.length;
  const [all, alone] = [mean((each) => each.all), mean((each) => each.alone)];
  return {
    name: 'enrol',
    where: 'inline',
    perSecond: Math.round(1e6 / all),
    floorPerSecond: Math.round(1e6 / alone),
    ratio: alone / all,
    serverCpuUs: all,
    floorCpuUs: alone,
    p50Ms: null,
    p99Ms: null,
    p999Ms: null,
    rssMb: null,
  };
}

function cpuUs(from: NodeJS.CpuUsage, to: NodeJS.CpuUsage): number {
  return to.user + to.system - from.user - from.system;
}
