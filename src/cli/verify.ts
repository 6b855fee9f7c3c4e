/** `attest verify`: judge the chains in files. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../config.ts';
import type { ChallengeClaim } from '../core/binding/index.ts';
import { type JudgeContext, judge } from '../core/judge.ts';
import {
  type CallerContext,
  NO_CALLER_CONTEXT,
  type PreparedPolicy,
  preparePolicy,
} from '../core/policy/index.ts';
import { prove } from '../core/prove.ts';
import type { Report } from '../core/report/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import {
  checkCallerContext,
  isPublicKeyInfo,
  parsePublicKey,
  type VerifyRequest,
  whyNoPublicKey,
} from '../request/index.ts';
import { loadOwners, loadTestAnchors } from '../sources/anchors.ts';
import { ConfigurationFault, loadText } from '../sources/document.ts';
import { loadTrustMaterial } from '../sources/load-trust.ts';
import { VERIFIER } from '../sources/package-root.ts';
import { checkNames, loadPolicy } from '../sources/policies.ts';
import { buildTrust, type Trust } from '../sources/trust.ts';
import { parseChallenge, parseTime } from './arguments.ts';
import { readEvidence, UnreadableInput } from './evidence-file.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { renderReport } from './render/report.ts';
import { loadRevocation } from './revocation-option.ts';

export interface VerifyOptions {
  readonly format?: 'text' | 'json';
  readonly policy?: string;
  readonly at?: string;
  /** False for --no-challenge, true where neither form was given. */
  readonly challenge: string | boolean;
  readonly revocation?: string;
  readonly anchors?: string;
  readonly publicKey?: string;
  readonly crossCheck?: boolean;
  /** Registry in place of the configured one. */
  readonly releases?: string;
  /** JSON, as the member `context` of a request. */
  readonly context?: string;
  /** Report file of an earlier verification of the same device. */
  readonly lastReport?: string;
}

/** Gives the exit code. */
export async function verify(
  files: readonly string[],
  options: VerifyOptions,
  io: Io,
): Promise<number> {
  const session = await openSession(options, io);
  const outcomes = new Set<Report['outcome'] | 'unreadable'>();
  let disagrees = false;
  for (const file of files) {
    const request = await readOrExplain(file, io);
    if (request === null) {
      outcomes.add('unreadable');
      continue;
    }
    if (request.policy !== null && options.policy === undefined) {
      io.err(`${file}: names policy ${request.policy}, which counts only as --policy\n`);
    }
    const proof = prove(request.chain, session.anchors);
    const report = judge(proof, contextOf(request, options, session, io));
    outcomes.add(report.outcome);
    if (options.crossCheck) {
      disagrees = (await reportDisagreements(file, request, report, session, io)) || disagrees;
    }
    io.out(
      options.format === 'json'
        ? `${JSON.stringify({ input: file, ...report })}\n`
        : renderReport(report, { title: file, colour: io.colour, width: io.width }),
    );
  }
  if (disagrees) return EXIT.internal;
  if (outcomes.has('unreadable')) return EXIT.unreadable;
  if (outcomes.has('reject')) return EXIT.reject;
  return outcomes.has('inconclusive') ? EXIT.inconclusive : EXIT.accept;
}

/**
 * Asks the second verifier. A disagreement is a defect of one of the two, so it is said aloud and ends
 * with the exit code of defects; the report stays what it is.
 */
async function reportDisagreements(
  file: string,
  request: VerifyRequest,
  report: Report,
  session: Session,
  io: Io,
): Promise<boolean> {
  const { compareWithReport, crossCheck } = await import('../crosscheck/index.ts');
  const opinion = await crossCheck(request.chain, session.anchors);
  const disagreements = compareWithReport(report, opinion);
  for (const { text } of disagreements) {
    io.err(`${file}: the two verifiers disagree: ${text}\n`);
  }
  if (disagreements.length === 0) io.err(`${file}: the second verifier agrees\n`);
  return disagreements.length > 0;
}

/** Everything that stays the same for all files. */
export interface Session extends Trust {
  readonly revocation: RevocationSnapshot | 'waived';
}

/** With anchors of the operator's own, everything they bring stands in for what is built in. */
export async function openSession(
  { anchors, revocation, releases }: Pick<VerifyOptions, 'anchors' | 'revocation' | 'releases'>,
  io: Io,
): Promise<Session> {
  const config = loadConfig(
    releases === undefined ? {} : { releases: path.resolve(io.folder, releases) },
  );
  const material = loadTrustMaterial(config);
  const trust = buildTrust(material);
  const checked = await loadRevocation({ anchors, revocation }, config, material, io);
  if (anchors === undefined) return { ...trust, revocation: checked };
  const { set } = loadTestAnchors(path.resolve(io.folder, anchors));
  return { ...trust, environment: 'test', anchors: set, revocation: checked };
}

async function readOrExplain(file: string, io: Io): Promise<VerifyRequest | null> {
  try {
    return await readEvidence(file, io);
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    io.err(`${file}: no evidence: ${error.message}\n`);
    return null;
  }
}

function contextOf(
  request: VerifyRequest,
  options: VerifyOptions,
  session: Session,
  io: Io,
): JudgeContext {
  const appraisedAt = io.now();
  const { environment, registry, revocation, statementApps } = session;
  const caller = callerOf(options, request, io);
  const publicKey =
    options.publicKey === undefined ? request.publicKey : loadPublicKey(options.publicKey, io);
  return {
    evidenceTime: options.at === undefined ? appraisedAt : parseTime(options.at),
    appraisedAt,
    policy: applicablePolicy(
      // Never the file's: evidence must not choose what it is judged by (THREATS T46).
      options.policy ?? session.defaultPolicy,
      session,
      io,
    ),
    revocation,
    challenge: claimOf(options, request),
    publicKey,
    context: request.context,
    statement: request.statement,
    statementApps,
    registry,
    ...(caller === undefined ? {} : { caller }),
    environment,
    verifier: VERIFIER,
  };
}

/** A policy that may be applied here: a document says in which environments it exists. */
function applicablePolicy(name: string, session: Session, io: Io): PreparedPolicy {
  const found = findPolicy(name, session, io);
  const { id, environments } = found.policy;
  if (session.policies.has(name) || environments.includes(session.environment)) return found;
  throw new ConfigurationFault(
    `${name}: policy ${id} exists in ${environments.join(', ')}, and this is ${session.environment}`,
  );
}

/** A name that is known, or a policy document all of whose names exist. */
export function findPolicy(name: string, { policies, registry }: Trust, io: Io): PreparedPolicy {
  const policy = policies.get(name);
  if (policy !== undefined) return policy;
  if (name.endsWith('.json')) {
    const document = loadPolicy(path.resolve(io.folder, name), io.now());
    checkNames(document, loadOwners(), registry);
    return preparePolicy(document);
  }
  throw new ConfigurationFault(
    `no policy ${name}; there are ${[...policies.keys()].join(', ')}, or name a .json file`,
  );
}

/** The option wins over what the file says. */
function claimOf({ challenge }: VerifyOptions, request: VerifyRequest): ChallengeClaim {
  if (challenge === false) return { kind: 'waived' };
  if (typeof challenge === 'string') return { kind: 'given', bytes: parseChallenge(challenge) };
  return request.challenge === null
    ? { kind: 'absent' }
    : { kind: 'given', bytes: request.challenge };
}

/** Options win over what the file says. An earlier report only ever adds a floor. */
function callerOf(
  { context, lastReport }: VerifyOptions,
  request: VerifyRequest,
  io: Io,
): CallerContext | undefined {
  const stated = context === undefined ? request.caller : readContext(context, '--context');
  if (lastReport === undefined) return stated;
  const report = readJson(loadText(path.resolve(io.folder, lastReport)), lastReport);
  const earlier = readContext(JSON.stringify({ lastReport: report }), lastReport);
  const { floors, ...rest } = stated ?? NO_CALLER_CONTEXT;
  return { ...rest, floors: [...floors, ...earlier.floors] };
}

function readContext(text: string, name: string): CallerContext {
  const checked = checkCallerContext(readJson(text, name));
  if (typeof checked === 'string') throw new UsageFault(`${name}: ${checked}`);
  return checked;
}

function readJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageFault(`${name}: no JSON: ${(error as Error).message}`);
  }
}

function loadPublicKey(file: string, io: Io): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path.resolve(io.folder, file));
  } catch {
    throw new UsageFault(`--public-key ${file}: cannot be read`);
  }
  if (isPublicKeyInfo(bytes)) return bytes;
  const text = Buffer.from(bytes).toString('utf8').trim();
  const given = bytes[0] === 0x30 ? Buffer.from(bytes).toString('base64') : parseJwk(text);
  const key = parsePublicKey(given);
  if (key === null) throw new UsageFault(`--public-key ${file}: ${whyNoPublicKey(given)}`);
  return key;
}

/** The object of a JWK; any other text stays text. */
function parseJwk(text: string): string | Readonly<Record<string, unknown>> {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return text;
  }
}
