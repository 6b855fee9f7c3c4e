/**
 * Derives a stored report again: the same evidence, judged at the same times by what was in force then. What
 * was decided by the moment and is kept nowhere (whether a challenge was issued here, to whom, for what, and
 * whether it had been used) is taken from the report itself, and named.
 */
import type { ChallengeClaim, IssuedChallenge, MarkState } from '../core/binding/index.ts';
import type { EnrolledDevice, EnrolmentClaim } from '../core/continuity/index.ts';
import { judge } from '../core/judge.ts';
import type { Policy } from '../core/policy/index.ts';
import { type ProofMemory, prove } from '../core/prove.ts';
import type { Report } from '../core/report/index.ts';
import type { VerifyRequest } from '../request/index.ts';
import { VERIFIER } from '../sources/package-root.ts';
import type { KeptState } from './in-force.ts';

/** What came of deriving a report again. */
export interface Reproduction {
  readonly report: Report;
  /** Members whose values differ, as paths; none: it is the same, byte for byte. */
  readonly differences: readonly string[];
  /** What rests on the stored report's own word, because only the moment could tell. */
  readonly takenFromReport: readonly string[];
}

/** What answers add to a report: what was signed with it, and the name of a file. */
const BESIDE: ReadonlySet<string> = new Set([
  'input',
  'token',
  'enrolmentRecord',
  'noEnrolmentRecord',
]);

/** The report alone, as the judge made it. */
export function bareReport(stored: Readonly<Record<string, unknown>>): Report {
  const entries = Object.entries(stored).filter(([name]) => !BESIDE.has(name));
  return Object.fromEntries(entries) as unknown as Report;
}

/** Whether what a report names was in force in a state. */
export function fits(report: Report, { trust, revocation }: KeptState): boolean {
  const { snapshot } = report.revocation;
  return (
    trust.policies.get(report.policy.id)?.digest === report.policy.digest &&
    (snapshot === null || snapshot.id === revocation.id) &&
    (report.release === null || report.release.registry.id === trust.registry?.id)
  );
}

/** Derives a report again. Only from a state that it fits. */
export function reproduce(
  stored: Report,
  request: VerifyRequest,
  { trust, revocation }: KeptState,
  memory?: ProofMemory,
): Reproduction {
  const policy = trust.policies.get(stored.policy.id);
  if (policy === undefined) {
    throw new RangeError(`policy ${stored.policy.id} was not in force`);
  }
  const taken = new Set<string>();
  const wasWaived = stored.chain.anchor !== null && !stored.revocation.checked && isWaived(stored);
  const report = judge(prove(request.chain, trust.anchors, memory), {
    evidenceTime: Date.parse(stored.evidenceTime),
    appraisedAt: Date.parse(stored.appraisedAt),
    policy,
    revocation: wasWaived ? 'waived' : revocation,
    challenge: claimOf(stored, request, policy.policy.challenge, taken),
    context: contextOf(stored, request, taken),
    publicKey: keyOf(stored, request, taken),
    statement: request.statement,
    enrolment: enrolmentOf(stored, request, taken),
    statementApps: trust.statementApps,
    registry: trust.registry,
    ...(request.caller === undefined ? {} : { caller: request.caller }),
    environment: trust.environment,
    verifier: VERIFIER,
    attestationKeyUse: keyUseOf(stored, taken),
  });
  return {
    report,
    differences: JSON.stringify(report) === JSON.stringify(stored) ? [] : differ(stored, report),
    takenFromReport: [...taken],
  };
}

function isWaived({ findings }: Report): boolean {
  return findings.some(({ code }) => code === 'REVOCATION_NOT_CHECKED');
}

type FindingCode = Report['findings'][number]['code'];

function has(report: Report, code: FindingCode, field?: string): boolean {
  return report.findings.some(
    (each) => each.code === code && (field === undefined || each.at.field === field),
  );
}

/** No octets that a device was ever given. */
const OTHER_BYTES = Uint8Array.of(0);

function claimOf(
  stored: Report,
  request: VerifyRequest,
  rule: Policy['challenge'],
  taken: Set<string>,
): ChallengeClaim {
  const { binding, keyDescription } = stored;
  if (keyDescription === null || has(stored, 'CHALLENGE_NOT_GIVEN')) return { kind: 'absent' };
  const unchecked = stored.findings.find(({ code }) => code === 'CHALLENGE_NOT_CHECKED');
  if (unchecked !== undefined) {
    return { kind: unchecked.severity === 'review' ? 'waived' : 'unrecorded' };
  }
  const isIssued = wasIssued(stored, request, rule);
  if (binding.challenge === 'not_checked' && !isIssued) return { kind: 'absent' };
  const bytes = request.challenge ?? bytesOf(stored, keyDescription.attestationChallenge, taken);
  if (has(stored, 'CHALLENGE_FOREIGN')) {
    taken.add('binding.challenge');
    return { kind: 'forged', bytes };
  }
  if (!isIssued) return { kind: 'given', bytes };
  for (const name of ['challenge', 'handle', 'enrolment', 'action', 'request', 'transport']) {
    taken.add(`binding.${name}`);
  }
  return { kind: 'issued', bytes, issued: issuedOf(stored) };
}

function bytesOf(stored: Report, attested: string, taken: Set<string>): Uint8Array {
  taken.add('binding.challenge');
  const isSame = !has(stored, 'CHALLENGE_MISMATCH');
  return isSame ? new Uint8Array(Buffer.from(attested, 'hex')) : OTHER_BYTES;
}

/** Of a challenge of the service nothing that the request names goes unchecked; of any other, all of it. */
function wasIssued(stored: Report, { context }: VerifyRequest, rule: Policy['challenge']): boolean {
  const { challenge, handle, enrolment, action, request, transport } = stored.binding;
  const ofIssued: readonly FindingCode[] = [
    'CHALLENGE_EXPIRED',
    'CHALLENGE_UNBOUND',
    'CHALLENGE_REUSED',
    'CHALLENGE_MARK_UNAVAILABLE',
    'CHALLENGE_MARKS_LOST',
    'CHALLENGE_CONTEXT_NOT_GIVEN',
  ];
  if (ofIssued.some((code) => has(stored, code))) return true;
  if (has(stored, 'CHALLENGE_CONTEXT_NOT_CHECKED')) return false;
  const members = [handle, enrolment, action, request, transport];
  if (members.some((state) => state !== 'not_checked')) return true;
  return Object.keys(context).length > 0 || (rule === 'service' && challenge === 'bound');
}

function issuedOf(stored: Report): IssuedChallenge {
  const { binding } = stored;
  const at = Date.parse(stored.appraisedAt);
  const fitOf = (member: string, state: string) => {
    if (state === 'bound') return 'held';
    if (state === 'mismatch') return 'broken';
    const isOmitted = has(stored, 'CHALLENGE_CONTEXT_NOT_GIVEN', `context.${member}`);
    return isOmitted ? 'omitted' : 'unnamed';
  };
  return {
    issuedAt: at,
    expiresAt: has(stored, 'CHALLENGE_EXPIRED') ? at : at + 1,
    isOfCaller: !has(stored, 'CHALLENGE_UNBOUND', 'caller'),
    context: {
      handle: fitOf('handle', binding.handle),
      enrolment: fitOf('enrolment', binding.enrolment),
      action: fitOf('action', binding.action),
      requestDigest: fitOf('requestDigest', binding.request),
      transport: fitOf('transport', binding.transport),
    },
    mark: markOf(stored),
  };
}

function markOf(stored: Report): MarkState {
  if (has(stored, 'CHALLENGE_REUSED')) return 'used';
  if (has(stored, 'CHALLENGE_MARK_UNAVAILABLE')) return 'unavailable';
  return has(stored, 'CHALLENGE_MARKS_LOST') ? 'lost' : 'free';
}

/** Values of a context are in no report; which members a request named can be told from its findings. */
function contextOf(
  { findings }: Report,
  { context }: VerifyRequest,
  taken: Set<string>,
): VerifyRequest['context'] {
  if (Object.keys(context).length > 0) return context;
  const named = findings
    .filter(({ code }) => code === 'CHALLENGE_CONTEXT_NOT_CHECKED')
    .map(({ at }) => (at.field ?? '').replace('context.', ''));
  if (named.length > 0) taken.add('names of the context');
  return Object.fromEntries(named.map((name) => [name, '']));
}

function keyOf(
  { binding, key }: Report,
  { publicKey }: VerifyRequest,
  taken: Set<string>,
): Uint8Array | null {
  if (publicKey !== null || binding.publicKey === 'not_checked') return publicKey;
  taken.add('binding.publicKey');
  const isSame = binding.publicKey === 'bound' && key !== null;
  return isSame ? new Uint8Array(Buffer.from(key.spki, 'base64')) : OTHER_BYTES;
}

/** How many keys an attestation key had vouched for that day is counted and kept nowhere. */
function keyUseOf({ findings }: Report, taken: Set<string>): number | null {
  const found = findings.find(({ code }) => code === 'RISK_ATTESTATION_KEY_VELOCITY');
  if (found === undefined) return null;
  taken.add('how many keys its attestation key vouched for that day');
  return Number(found.got);
}

/** Whether a record was ours, and its handle the request's, is known to whoever has the keys. */
function enrolmentOf(
  stored: Report,
  { enrolmentRecord }: VerifyRequest,
  taken: Set<string>,
): EnrolmentClaim | null {
  const refused = stored.findings.find(({ code }) => code === 'ENROLMENT_RECORD_INVALID');
  if (refused !== undefined) {
    taken.add('why the enrolment record was refused');
    return { kind: 'refused', reason: String(refused.got) };
  }
  if (enrolmentRecord === null) return null;
  taken.add('that the enrolment record was good');
  const payload = Buffer.from(enrolmentRecord.split('.')[1] ?? '', 'base64url').toString('utf8');
  const { device } = JSON.parse(payload) as { readonly device: EnrolledDevice };
  return { kind: 'verified', device, handleFits: !has(stored, 'ENROLMENT_HANDLE_MISMATCH') };
}

/** Paths at which two documents differ; the whole, where only the order of members does. */
function differ(stored: unknown, derived: unknown): readonly string[] {
  const paths: string[] = [];
  compare(stored, derived, '', paths);
  return paths.length === 0 ? ['order of members'] : paths;
}

function compare(a: unknown, b: unknown, path: string, paths: string[]): void {
  const areObjects = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  if (!areObjects) {
    if (a !== b) paths.push(path);
    return;
  }
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [(a as never)[name], (b as never)[name]];
    compare(left, right, path === '' ? name : `${path}.${name}`, paths);
  }
}
