/** `attest policy try`: what a candidate policy would change, on what was seen before. */
import { judge } from '../../core/judge.ts';
import type { PreparedPolicy } from '../../core/policy/index.ts';
import { prove } from '../../core/prove.ts';
import type { Report } from '../../core/report/index.ts';
import { VERIFIER } from '../../sources/package-root.ts';
import { EXIT, type Io } from '../io.ts';
import { columns, styleOf } from '../render/style.ts';
import { findPolicy, openSession, type Session } from '../verify.ts';
import { rejudge, type Verdict, verdictOf } from './rejudge.ts';
import { readStored, type Stored } from './stored.ts';

export interface TryOptions {
  readonly against: string;
  readonly policy?: string;
  readonly revocation?: string;
  readonly anchors?: string;
  readonly format?: 'text' | 'json';
}

/** One code whose severity would change, on so many devices. */
interface CodeChange {
  readonly code: string;
  /** `none`: the code is not said. */
  readonly before: string;
  readonly after: string;
  count: number;
}

interface ModelChange {
  readonly model: string;
  judged: number;
  /** Such as `accept → reject`. */
  readonly outcomes: Record<string, number>;
}

interface Trial {
  readonly candidate: { readonly id: string; readonly version: string; readonly digest: string };
  judged: number;
  unreadable: number;
  /** Accepted now, and not by the candidate. */
  lost: number;
  readonly outcomes: Record<string, number>;
  readonly codes: CodeChange[];
  readonly models: ModelChange[];
}

/** Gives the exit code: 1 if something accepted would not be, 65 if something could not be read. */
export async function tryPolicy(name: string, options: TryOptions, io: Io): Promise<number> {
  const session = await openSession(options, io);
  const candidate = findPolicy(name, session, io);
  const baseline = findPolicy(options.policy ?? session.defaultPolicy, session, io);
  const { id, version } = candidate.policy;
  const trial: Trial = {
    candidate: { id, version, digest: candidate.digest },
    judged: 0,
    unreadable: 0,
    lost: 0,
    outcomes: {},
    codes: [],
    models: [],
  };
  for await (const stored of readStored(options.against, io)) {
    if (stored.kind === 'unreadable') {
      trial.unreadable += 1;
      io.err(`${stored.name}: ${stored.reason}\n`);
      continue;
    }
    const { before, after, model } = judgeTwice(stored, { session, baseline, candidate, io });
    count(trial, before, after, model);
  }
  io.out(options.format === 'json' ? `${JSON.stringify(trial)}\n` : render(trial, io));
  if (trial.unreadable > 0) return EXIT.unreadable;
  return trial.lost > 0 ? EXIT.reject : EXIT.accept;
}

interface Bench {
  readonly session: Session;
  readonly baseline: PreparedPolicy;
  readonly candidate: PreparedPolicy;
  readonly io: Io;
}

function judgeTwice(
  stored: Exclude<Stored, { kind: 'unreadable' }>,
  { session, baseline, candidate, io }: Bench,
): { before: Verdict; after: Verdict; model: string } {
  if (stored.kind === 'report') {
    const { report } = stored;
    const anchors = session.anchors.anchors.map(({ record }) => record);
    return {
      before: verdictOf(report),
      after: rejudge(report, candidate.policy, anchors, session.registry),
      model: modelOf(report),
    };
  }
  const proof = prove(stored.chain, session.anchors);
  const appraisedAt = io.now();
  const judgeBy = (policy: PreparedPolicy): Report =>
    judge(proof, {
      evidenceTime: stored.receivedAt ?? appraisedAt,
      appraisedAt,
      policy,
      revocation: session.revocation,
      challenge: { kind: 'unrecorded' },
      publicKey: null,
      registry: session.registry,
      environment: session.environment,
      verifier: VERIFIER,
    });
  const [before, after] = [judgeBy(baseline), judgeBy(candidate)];
  return { before: verdictOf(before), after: verdictOf(after), model: modelOf(before) };
}

/** What the device attests as, or that it does not say. */
function modelOf({ keyDescription }: Report): string {
  const model = keyDescription?.hardwareEnforced['attestationIdModel'];
  return typeof model === 'string' ? model : 'model not attested';
}

function count(trial: Trial, before: Verdict, after: Verdict, model: string): void {
  const outcome = `${before.outcome} → ${after.outcome}`;
  trial.judged += 1;
  if (before.outcome === 'accept' && after.outcome !== 'accept') trial.lost += 1;
  trial.outcomes[outcome] = (trial.outcomes[outcome] ?? 0) + 1;
  const row = trial.models.find((each) => each.model === model) ?? addModel(trial, model);
  row.judged += 1;
  row.outcomes[outcome] = (row.outcomes[outcome] ?? 0) + 1;
  for (const code of new Set([...before.severities.keys(), ...after.severities.keys()])) {
    countCode(trial, code, before.severities.get(code), after.severities.get(code));
  }
}

function addModel(trial: Trial, model: string): ModelChange {
  const row: ModelChange = { model, judged: 0, outcomes: {} };
  trial.models.push(row);
  return row;
}

function countCode(trial: Trial, code: string, before = 'none', after = 'none'): void {
  if (before === after) return;
  const known = trial.codes.find(
    (each) => each.code === code && each.before === before && each.after === after,
  );
  if (known === undefined) trial.codes.push({ code, before, after, count: 1 });
  else known.count += 1;
}

function render(trial: Trial, io: Io): string {
  const { candidate, judged, unreadable, outcomes, codes, models } = trial;
  const style = styleOf(io.colour);
  const counts = (each: Record<string, number>): string =>
    Object.entries(each)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([outcome, times]) => `${outcome} ${times}`)
      .join(', ');
  const byCode = codes
    .toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
    .map(({ code, before, after, count: times }) => [code, `${before} → ${after}`, String(times)]);
  const byModel = models
    .toSorted((a, b) => (a.model < b.model ? -1 : 1))
    .map((row) => [row.model, String(row.judged), counts(row.outcomes)]);
  const title = `${candidate.id} ${candidate.version} on ${judged} judged before, ${unreadable} unreadable`;
  return `${[
    style.strong(title),
    `  ${judged === 0 ? 'nothing to judge' : counts(outcomes)}`,
    '',
    style.strong('by code'),
    byCode.length === 0 ? '  no finding changes' : columns(byCode, '  '),
    '',
    style.strong('by device model'),
    columns(byModel, '  '),
  ].join('\n')}\n`;
}
