/**
 * What an enrolment costs: a challenge issued, the evidence of a new device that answers it verified, its
 * result signed. Beside what cannot be left out: the signatures of a new device, and the one of the result.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { issueChallenge, toKeys } from '../src/challenge/challenge.ts';
import { answer } from '../src/pool/answer.ts';
import { makeSigner, toSigningKey } from '../src/results/index.ts';
import type { World } from '../test/support/world.ts';
import { type Chain, chainOf, SCENARIOS } from './fleets.ts';
import { contextFor } from './inline.ts';
import { median, type Result, rssMb } from './measure.ts';

const COUNT = 1000;
const SLICE = 50;
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
  const enrol = async ({ body }: Chain): Promise<void> => {
    issue();
    const job = { form: 'json', body, query: {} } as const;
    const { toSign = [], facts } = answer(job, { ...context, now: Date.now() });
    if (facts.kind !== 'report' || facts.outcome !== 'accept' || toSign.length !== 1) {
      throw new Error(`not enrolled: ${JSON.stringify(facts)}`);
    }
    for (const { kind, claims } of toSign) await signer.signDocument(kind, claims);
  };
  const token = randomBytes(700);
  const bare = ({ floor }: Chain): void => {
    floor();
    sign('sha256', token, privateKey);
  };

  const rounds: { all: number; alone: number }[] = [];
  const ends = performance.now() + seconds * 1000;
  for (let round = 0; round < 4 || performance.now() < ends; round += 1) {
    const from = (round * SLICE) % COUNT;
    const taken = enrolments.slice(from, from + SLICE);
    const started = performance.now();
    for (const each of taken) await enrol(each);
    const between = performance.now();
    for (const each of taken) bare(each);
    const ended = performance.now();
    const each = (ms: number): number => (ms * 1000) / SLICE;
    rounds.push({ all: each(between - started), alone: each(ended - between) });
  }
  const warm = rounds.slice(Math.min(2, rounds.length - 1));
  const [all, alone] = [median(warm.map((r) => r.all)), median(warm.map((r) => r.alone))];
  return {
    name: 'enrol',
    where: 'inline',
    perSecond: Math.round(1e6 / all),
    floorPerSecond: Math.round(1e6 / alone),
    ratio: median(warm.map((round) => round.alone / round.all)),
    serverCpuUs: null,
    floorCpuUs: null,
    p50Ms: null,
    p99Ms: null,
    p999Ms: null,
    rssMb: rssMb(),
  };
}
