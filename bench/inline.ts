/** One thread, in process: request texts in, report texts out, as a worker does it, against their signatures alone. */

import { loadConfig } from '../src/config.ts';
import { type AnswerContext, answerAll } from '../src/pool/answer.ts';
import { createMemory, type WorkerMemory } from '../src/pool/memory.ts';
import { loadTrustMaterial } from '../src/sources/load-trust.ts';
import { ROOTS } from '../src/sources/package-root.ts';
import { loadBundledSnapshot } from '../src/sources/revocation.ts';
import { buildTrust } from '../src/sources/trust.ts';
import { AT } from '../test/support/world.ts';
import type { Chain, Scenario } from './fleets.ts';
import { meanCpuUs, median, processCpuUs, type Result, type Slice, slice } from './measure.ts';

const SLICE_MS = 100;

export function measureInline(scenario: Scenario, seconds: number): Result {
  const { chains } = scenario;
  const subject = inlineSubject(scenario);
  const floor = (index: number): void => chains[index]?.floor();
  const hasFloor = scenario.name !== 'repeat';
  let at = 0;
  let floorAt = 0;
  const alone: Slice[] = [];
  const whole: Slice[] = [];
  const ends = performance.now() + seconds * 1000;
  // The first second of each is spent warming up: code is compiled as it runs.
  for (let warm = 0; warm < 10; warm += 1) {
    at = slice(subject, at, chains.length, SLICE_MS, BATCH).next;
    if (hasFloor) floorAt = slice(floor, floorAt, chains.length, SLICE_MS).next;
  }
  do {
    if (hasFloor) {
      const signatures = slice(floor, floorAt, chains.length, SLICE_MS);
      floorAt = signatures.next;
      alone.push(signatures);
    }
    const all = slice(subject, at, chains.length, SLICE_MS, BATCH);
    at = all.next;
    whole.push(all);
  } while (performance.now() < ends);
  const serverCpuUs = meanCpuUs(whole);
  const floorCpuUs = hasFloor ? meanCpuUs(alone) : null;
  return {
    name: scenario.name,
    where: 'inline',
    perSecond: toRate(whole),
    floorPerSecond: hasFloor ? toRate(alone) : null,
    ratio: floorCpuUs === null ? null : floorCpuUs / serverCpuUs,
    serverCpuUs,
    floorCpuUs,
    p50Ms: null,
    p99Ms: null,
    p999Ms: null,
    ...(hasFloor ? { ratioOfProcess: processCpuUs(alone) / processCpuUs(whole) } : {}),
    rssMb: null,
  };
}

function toRate(slices: readonly Slice[]): number {
  return Math.round(1e6 / median(slices.map(({ wallUs }) => wallUs)));
}

/** As many as a worker takes at once. */
export const BATCH = 16;

/** Serves `BATCH` chains of a scenario at `now`, from `index` on, with what is warm in it kept warm. */
export function inlineSubject(scenario: Scenario, now = AT): (index: number) => void {
  const context = contextFor(scenario);
  const { length } = scenario.chains;
  return (index) => {
    const chains = Array.from(
      { length: BATCH },
      (_, at) => scenario.chains[(index + at) % length] as Chain,
    );
    serve(chains, context, now);
  };
}

function serve(chains: readonly Chain[], context: Omit<AnswerContext, 'now'>, now = AT): void {
  const jobs = chains.map(({ body }) => ({ form: 'json', body, query: {} }) as const);
  for (const { status } of answerAll(jobs, { ...context, now })) {
    if (status !== 200) throw new Error(`answered ${status}`);
  }
}

export function contextFor({ before, chains }: Scenario): Omit<AnswerContext, 'now'> {
  const trust = buildTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {})));
  const revocation = loadBundledSnapshot(ROOTS);
  const warm = createMemory();
  const context = { trust, revocation, memory: warm, challengeKeys: null, results: null };
  // A chain is remembered whole when it comes for the second time, and its texts at the third.
  for (let times = 0; times < 3; times += 1) {
    for (const chain of before) serve([chain], context);
  }
  return { ...context, memory: freeze(warm, chains.length) };
}

/**
 * Recalls what was warm at the start and nothing else. What would be kept is kept where nobody looks, and that
 * is forgotten when the chains, `round` of them, come round again: each is to be seen for the first time.
 */
function freeze(warm: WorkerMemory, round: number): WorkerMemory {
  let aside = createMemory(ASIDE);
  let proofs = 0;
  return {
    links: {
      recall: warm.links.recall,
      isWorthKeeping: (bytes, kind) => aside.links.isWorthKeeping(bytes, kind),
      keep: (link, kind) => aside.links.keep(link, kind),
    },
    descriptions: warm.descriptions,
    recall: warm.recall,
    readChain: warm.readChain,
    keepTexts: () => {},
    keep: (proof, anchors) => {
      proofs += 1;
      if (proofs % round === 0) aside = createMemory(ASIDE);
      aside.keep(proof, anchors);
    },
  };
}

const ASIDE = { uppers: 64, attestations: 64, proofs: 64, descriptions: 64 };
