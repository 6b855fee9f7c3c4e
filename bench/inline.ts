/** One thread, in process: request text in, report text out, against its signatures alone. */

import { loadConfig } from '../src/config.ts';
import type { ProofMemory } from '../src/core/prove.ts';
import { type AnswerContext, answer } from '../src/pool/answer.ts';
import { createMemory } from '../src/pool/memory.ts';
import { ROOTS } from '../src/sources/package-root.ts';
import { loadBundledSnapshot } from '../src/sources/revocation.ts';
import { buildTrust, loadTrustMaterial } from '../src/sources/trust.ts';
import { AT } from '../test/support/world.ts';
import type { Chain, Scenario } from './fleets.ts';
import { median, type Result, rssMb, slice } from './measure.ts';

const SLICE_MS = 100;

export function measureInline(scenario: Scenario, seconds: number): Result {
  const { chains } = scenario;
  const subject = inlineSubject(scenario);
  const floor = (index: number): void => chains[index]?.floor();
  const hasFloor = scenario.name !== 'repeat';
  let at = 0;
  let floorAt = 0;
  const rounds: { subject: number; cpu: number; floor: number; floorCpu: number }[] = [];
  const ends = performance.now() + seconds * 1000;
  // The first second is spent warming up: code is compiled as it runs.
  for (let warm = 0; warm < 10; warm += 1) at = slice(subject, at, chains.length, SLICE_MS).next;
  do {
    const alone = hasFloor ? slice(floor, floorAt, chains.length, SLICE_MS) : null;
    floorAt = alone?.next ?? 0;
    const all = slice(subject, at, chains.length, SLICE_MS);
    at = all.next;
    rounds.push({
      subject: all.wallUs,
      cpu: all.cpuUs,
      floor: alone?.wallUs ?? Number.NaN,
      floorCpu: alone?.cpuUs ?? Number.NaN,
    });
  } while (performance.now() < ends);
  const ratio = hasFloor ? median(rounds.map((each) => each.floorCpu / each.cpu)) : null;
  return {
    name: scenario.name,
    where: 'inline',
    perSecond: Math.round(1e6 / median(rounds.map((each) => each.subject))),
    floorPerSecond: hasFloor ? Math.round(1e6 / median(rounds.map((each) => each.floor))) : null,
    ratio,
    serverCpuUs: median(rounds.map((each) => each.cpu)),
    floorCpuUs: hasFloor ? median(rounds.map((each) => each.floorCpu)) : null,
    p50Ms: null,
    p99Ms: null,
    p999Ms: null,
    rssMb: rssMb(),
  };
}

/** Serves chain `index` of a scenario, with what is warm in it kept warm. */
export function inlineSubject(scenario: Scenario): (index: number) => void {
  const context = contextFor(scenario);
  return (index) => serve(scenario.chains[index] as Chain, context);
}

function serve(chain: Chain, context: Omit<AnswerContext, 'now'>): void {
  const { status } = answer({ form: 'json', body: chain.body, query: {} }, { ...context, now: AT });
  if (status !== 200) throw new Error(`answered ${status}`);
}

export function contextFor({ before }: Scenario): Omit<AnswerContext, 'now'> {
  const trust = buildTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {})));
  const revocation = loadBundledSnapshot(ROOTS);
  const warm = createMemory();
  for (const chain of before)
    serve(chain, { trust, revocation, memory: warm, challengeKeys: null, results: null });
  return { trust, revocation, memory: freeze(warm), challengeKeys: null, results: null };
}

/** Recalls what was warm at the start and nothing else; what would be kept is kept where nobody looks. */
function freeze(warm: ProofMemory): ProofMemory {
  const aside = createMemory({ uppers: 64, attestations: 64, proofs: 64, descriptions: 64 });
  return {
    links: { recall: warm.links.recall, keep: aside.links.keep },
    descriptions: warm.descriptions,
    recall: warm.recall,
    keep: aside.keep,
  };
}
