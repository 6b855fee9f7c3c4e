/** `attest verify`: judge the chains in files. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../config.ts';
import type { ChallengeClaim } from '../core/binding/index.ts';
import { type JudgeContext, judge } from '../core/judge.ts';
import type { PreparedPolicy } from '../core/policy/index.ts';
import { prove } from '../core/prove.ts';
import type { Report } from '../core/report/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import { parsePublicKey, type VerifyRequest } from '../request/index.ts';
import { loadTestAnchors } from '../sources/anchors.ts';
import { ConfigurationFault } from '../sources/document.ts';
import { ROOTS, VERIFIER } from '../sources/package-root.ts';
import { loadBundledSnapshot, loadSnapshotWith } from '../sources/revocation.ts';
import { buildTrust, loadTrustMaterial, type Trust } from '../sources/trust.ts';
import { parseChallenge, parseTime } from './arguments.ts';
import { readEvidence, UnreadableInput } from './evidence-file.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { renderReport } from './render/report.ts';

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
}

/** Gives the exit code. */
export async function verify(
  files: readonly string[],
  options: VerifyOptions,
  io: Io,
): Promise<number> {
  const session = openSession(options, io);
  const outcomes = new Set<Report['outcome'] | 'unreadable'>();
  let disagrees = false;
  for (const file of files) {
    const request = await readOrExplain(file, io);
    if (request === null) {
      outcomes.add('unreadable');
      continue;
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
interface Session extends Trust {
  readonly revocation: RevocationSnapshot | 'waived';
}

/** With anchors of the operator's own, everything they bring stands in for what is built in. */
function openSession({ anchors, revocation }: VerifyOptions, io: Io): Session {
  const trust = buildTrust(loadTrustMaterial(loadConfig()));
  if (anchors === undefined) {
    return { ...trust, revocation: loadRevocation(revocation, ROOTS, io) };
  }
  const folder = path.resolve(io.folder, anchors);
  return {
    ...trust,
    environment: 'test',
    anchors: loadTestAnchors(folder).set,
    revocation: loadRevocation(revocation, folder, io),
  };
}

function loadRevocation(
  option: string | undefined,
  folder: string,
  io: Io,
): RevocationSnapshot | 'waived' {
  if (option === 'none') return 'waived';
  return option === undefined
    ? loadBundledSnapshot(folder)
    : loadSnapshotWith(path.resolve(io.folder, option), folder);
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
  const publicKey =
    options.publicKey === undefined ? request.publicKey : loadPublicKey(options.publicKey, io);
  return {
    evidenceTime: options.at === undefined ? appraisedAt : parseTime(options.at),
    appraisedAt,
    policy: policyNamed(options.policy ?? request.policy ?? session.defaultPolicy, session),
    revocation,
    challenge: claimOf(options, request),
    publicKey,
    context: request.context,
    statement: request.statement,
    statementApps,
    registry,
    environment,
    verifier: VERIFIER,
  };
}

function policyNamed(name: string, { policies }: Trust): PreparedPolicy {
  const policy = policies.get(name);
  if (policy !== undefined) return policy;
  throw new ConfigurationFault(`no policy ${name}; there are ${[...policies.keys()].join(', ')}`);
}

/** The option wins over what the file says. */
function claimOf({ challenge }: VerifyOptions, request: VerifyRequest): ChallengeClaim {
  if (challenge === false) return { kind: 'waived' };
  if (typeof challenge === 'string') return { kind: 'given', bytes: parseChallenge(challenge) };
  return request.challenge === null
    ? { kind: 'absent' }
    : { kind: 'given', bytes: request.challenge };
}

function loadPublicKey(file: string, io: Io): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path.resolve(io.folder, file));
  } catch {
    throw new UsageFault(`--public-key ${file}: cannot be read`);
  }
  if (bytes[0] === 0x30) return bytes;
  const text = Buffer.from(bytes).toString('utf8').trim();
  const key = text.startsWith('{') ? parseJwk(text) : parsePublicKey(text);
  if (key === null) throw new UsageFault(`--public-key ${file}: neither PEM, nor DER, nor JWK`);
  return key;
}

function parseJwk(text: string): Uint8Array | null {
  try {
    return parsePublicKey(JSON.parse(text) as Record<string, unknown>);
  } catch {
    return null;
  }
}
