/**
 * `npm run bench:stages -- --scenario NAME`: what each stage of an answer costs, in µs a chain. The real
 * functions are called one after another on the same chains, each on what the one before made afresh; rounds
 * of all stages alternate, and a stage's figure is the median of its rounds, so that the sum can be held
 * beside the whole.
 */
import { writeFileSync } from 'node:fs';
import { newEffort } from '../src/core/base/index.ts';
import { type JudgeContext, judge } from '../src/core/judge.ts';
import { parseKeyDescription } from '../src/core/key-description/index.ts';
import type { PreparedPolicy } from '../src/core/policy/index.ts';
import { type Proof, proveAll } from '../src/core/prove.ts';
import { type Report, toReportText } from '../src/core/report/index.ts';
import { parseCertificate } from '../src/core/x509/index.ts';
import { type AnswerContext, answerAll } from '../src/pool/answer.ts';
import { parseVerifyRequest, type VerifyRequest } from '../src/request/index.ts';
import { VERIFIER } from '../src/sources/package-root.ts';
import { AT, makeWorld } from '../test/support/world.ts';
import { newCommand, parseCount, parsePositive, scenarioOption } from './command-line.ts';
import { type Chain, floorPartsOf, type MakeScenario, SCENARIOS, type Warm } from './fleets.ts';
import { BATCH, contextFor } from './inline.ts';
import { describeMachine, median } from './measure.ts';

/** What each scenario finds warm, and so which certificates are read anew. */
const WARM: Readonly<Record<string, Warm>> = {
  'rkp-fleet': 'uppers',
  'known-device': 'attestation',
  'factory-fleet': 'attestation',
  repeat: 'whole',
};
const READ_ANEW: Readonly<Record<Warm, number>> = {
  nothing: Number.POSITIVE_INFINITY,
  uppers: 2,
  attestation: 1,
  whole: 0,
};

const WHOLE = 'whole answer';

/** Calls of one stage in one round: long enough to time, short enough to stay in the caches. */
const CALLS = 6 * BATCH;

interface Options {
  readonly scenario: string;
  readonly seconds: number;
  readonly chains: number;
  readonly json?: string;
}

const values = newCommand('npm run bench:stages --', 'What each stage of an answer costs.')
  .addOption(scenarioOption(WARM))
  .option('--seconds <S>', 'how long', parsePositive, 5)
  .option('--chains <N>', 'how many, which come again', parseCount, 1000)
  .option('--json <FILE>', 'writes the figures there')
  .parse()
  .opts<Options>();
const warm = WARM[values.scenario] as Warm;
const make = SCENARIOS[values.scenario] as MakeScenario;

const world = await makeWorld('enigm-development', `stages ${values.scenario}`);
const scenario = make(world, values.chains);
const { chains } = scenario;
const context: AnswerContext = { ...contextFor(scenario), now: AT };
const { trust, memory, revocation } = context;
/** With a memory of its own: what the stages have seen it has not. */
const whole: AnswerContext = { ...contextFor(scenario), now: AT };
const floors = chains.map(({ chain }) => floorPartsOf(chain, warm));
const readAnew = READ_ANEW[warm];

/** What a stage makes for the next one, by the place of its chain in the round. */
const requests: VerifyRequest[] = [];
const proofs: Proof[] = [];
const reports: Report[] = [];

interface Stage {
  readonly name: string;
  /** Stands inside another stage: its figure is part of that one's. */
  readonly within?: string;
  readonly work: (chain: Chain, index: number, slot: number) => void;
}

const STAGES: readonly Stage[] = [
  { name: 'signatures', within: 'prove', work: (_, index) => floors[index]?.verify() },
  { name: 'key import', within: 'prove', work: (_, index) => floors[index]?.importKeys() },
  {
    name: 'request: JSON, strictness, base64',
    work: ({ body }, _, slot) => {
      const parsed = parseVerifyRequest(body);
      if (!parsed.ok) throw new Error(parsed.fault.text);
      requests[slot] = parsed.request;
    },
  },
  {
    name: 'DER of new certificates',
    within: 'prove',
    work: ({ chain }) => {
      for (let cert = 0; cert < Math.min(readAnew, chain.length); cert += 1) {
        const parsed = parseCertificate(chain[cert] as Uint8Array, cert, newEffort());
        if (!parsed.ok) throw new Error(parsed.finding.code);
      }
    },
  },
  {
    name: 'prove',
    // As a worker proves them: those that came together in one go.
    work: (_, __, slot) => {
      if (slot % BATCH !== 0) return;
      const together = requests.slice(slot, slot + BATCH).map(({ chain }) => chain);
      for (const [at, proof] of proveAll(together, trust.anchors, memory).entries()) {
        proofs[slot + at] = proof;
      }
    },
  },
  {
    name: 'judge, with the report object',
    work: (_, __, slot) => {
      const request = requests[slot] as VerifyRequest;
      reports[slot] = judge(proofs[slot] as Proof, judgeContext(request));
    },
  },
  {
    name: 'report text',
    work: (_, __, slot) => {
      const { parts } = proofs[slot] as Proof;
      if (toReportText(reports[slot] as Report, parts).length < 100) throw new Error('no report');
    },
  },
  {
    name: 'KeyDescription of the leaf',
    within: 'prove',
    // Of a proof made before, whose path is verified; a proof recalled reads none.
    work: (_, __, slot) => {
      const { path } = proofs[slot] as Proof;
      if (!path.ok) throw new Error(path.finding.code);
      if (
        warm !== 'whole' &&
        !parseKeyDescription(path.value, 0, newEffort(), memory.descriptions).ok
      ) {
        throw new Error('no KeyDescription');
      }
    },
  },
  {
    name: WHOLE,
    // As a worker answers them: those that came together in one go.
    work: (_, index, slot) => {
      if (slot % BATCH !== 0) return;
      const jobs = Array.from({ length: BATCH }, (__, at) => {
        const { body } = chains[(index + at) % chains.length] as Chain;
        return { form: 'json', body, query: {} } as const;
      });
      if (answerAll(jobs, whole).some(({ status }) => status !== 200)) throw new Error('no');
    },
  },
];

/** The same context that an answer to such a request judges by. */
function judgeContext(request: VerifyRequest): JudgeContext {
  return {
    evidenceTime: AT,
    appraisedAt: AT,
    policy: trust.policies.get(request.policy ?? trust.defaultPolicy) as PreparedPolicy,
    revocation,
    challenge:
      request.challenge === null ? { kind: 'absent' } : { kind: 'given', bytes: request.challenge },
    context: request.context,
    publicKey: request.publicKey,
    statement: request.statement,
    enrolment: null,
    statementApps: trust.statementApps,
    registry: trust.registry,
    attestationKeyUse: null,
    ...(request.caller === undefined ? {} : { caller: request.caller }),
    environment: trust.environment,
    verifier: VERIFIER,
  };
}

const times = STAGES.map((): number[] => []);
const calls = CALLS;
/** Rounds that only warm up: code is compiled as it runs. */
const warmUntil = performance.now() + Math.min(2_000, values.seconds * 400);
const ends = warmUntil + values.seconds * 1000;
for (let round = 0; performance.now() < ends; round += 1) {
  const isWarming = performance.now() < warmUntil;
  for (const [which, { work }] of STAGES.entries()) {
    const started = performance.now();
    for (let slot = 0; slot < calls; slot += 1) {
      const index = (round * calls + slot) % chains.length;
      work(chains[index] as Chain, index, slot);
    }
    const us = ((performance.now() - started) * 1000) / calls;
    if (!isWarming) times[which]?.push(us);
  }
}

/** Of each round, what a figure was; its median and minimum over all rounds. */
interface Figure {
  readonly name: string;
  readonly within: string | null;
  readonly medianUs: number;
  readonly minimumUs: number;
}

const rounds = times[0]?.length ?? 0;
const timeOf = (name: string, round: number): number =>
  times[STAGES.findIndex((each) => each.name === name)]?.[round] ?? Number.NaN;
const sumOf = (stages: readonly Stage[], round: number): number =>
  stages.reduce((total, { name }) => total + timeOf(name, round), 0);

function figure(name: string, within: string | null, of: (round: number) => number): Figure {
  const all = Array.from({ length: rounds }, (_, round) => of(round));
  return { name, within, medianUs: median(all), minimumUs: Math.min(...all) };
}

const inProve = STAGES.filter(({ within }) => within === 'prove');
const outer = STAGES.filter(({ name, within }) => within === undefined && name !== WHOLE);
const measured = (stage: Stage): Figure =>
  figure(stage.name, stage.within ?? null, (round) => timeOf(stage.name, round));
const stages: readonly Figure[] = outer.flatMap((stage) => [
  measured(stage),
  ...(stage.name === 'prove'
    ? [
        ...inProve.map(measured),
        figure(
          'path and the rest of it',
          'prove',
          (round) => timeOf('prove', round) - sumOf(inProve, round),
        ),
      ]
    : []),
]);
const sum = figure('sum of the stages', null, (round) => sumOf(outer, round));
const rest = figure(
  'the rest, and colder caches',
  null,
  (round) => timeOf(WHOLE, round) - sumOf(outer, round),
);
const answered = figure(WHOLE, null, (round) => timeOf(WHOLE, round));
const floor = figure(
  'signatures and key import',
  null,
  (round) => timeOf('signatures', round) + timeOf('key import', round),
);
const machine = describeMachine();

console.log(
  `${machine.cpu}, Node ${machine.node}, OpenSSL ${machine.openssl}; ${values.scenario}, one thread`,
);
console.log(`µs a chain, median (minimum) of ${rounds} rounds of ${calls} chains, stages in turn`);
for (const each of [...stages, sum, rest, answered]) line(each);
console.log(
  `signatures and imports are ${(floor.medianUs / answered.medianUs).toFixed(2)} of the whole`,
);
if (values.json !== undefined) {
  const document = {
    machine,
    scenario: values.scenario,
    rounds,
    stages,
    sum,
    rest,
    whole: answered,
    floor,
  };
  writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);
}

function line({ name, within, medianUs, minimumUs }: Figure): void {
  const label = (within === null ? name : `  ${name}`).padEnd(38);
  console.log(`${label} ${medianUs.toFixed(1).padStart(7)} (${minimumUs.toFixed(1)})`);
}
