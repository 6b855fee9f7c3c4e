/**
 * JUDGE: what a proof is worth now. Adds what changes with time: the clock, revocation, the expected
 * challenge, known releases, the policy. Everything judged is reported together. Each proof is judged
 * anew each time, up to the facts that decide; the same facts get the decision they got before.
 */
import type { Environment } from './anchors/index.ts';
import { finding, type JudgedFinding, toDay, toRfc3339 } from './base/index.ts';
import {
  type Binding,
  type BindingState,
  type ChallengeClaim,
  checkChallenge,
  checkPublicKey,
  NOTHING_BOUND,
  type RequestContext,
} from './binding/index.ts';
import { checkContinuity, type EnrolmentClaim, toEnrolledDevice } from './continuity/index.ts';
import { decide } from './decide.ts';
import {
  asTheirCodesSay,
  currentRegistry,
  judgeBootKey,
  judgeRevocation,
  NOT_LOOKED_UP,
  type NowContext,
} from './judge-now.ts';
import type { KeyDescription } from './key-description/index.ts';
import { checkValidity, type VerifiedPath } from './path/index.ts';
import { type CallerContext, NO_CALLER_CONTEXT, toSubjectPath } from './policy/index.ts';
import { derivePosture, type StatementApp, whyNotMeaningful } from './posture/index.ts';
import type { Proof } from './prove.ts';
import type { ReleaseRegistry } from './reference/index.ts';
import {
  type Exposure,
  REPORT_VERSION,
  type Report,
  type ReportParts,
  type ReportStatement,
  toReportChain,
  toReportKey,
  toReportKeyDescription,
} from './report/index.ts';
import { toRevocablePath } from './revocation/index.ts';
import { type StatementFields, verifyStatement } from './statement/index.ts';

export interface JudgeContext extends NowContext {
  /** Decides validity windows and patch age. Milliseconds since 1970, as are all times here. */
  readonly evidenceTime: number;
  readonly challenge: ChallengeClaim;
  /** SubjectPublicKeyInfo the caller expects, or null. */
  readonly publicKey: Uint8Array | null;
  /** What the request says the evidence is for; nothing when left out. */
  readonly context?: RequestContext;
  /** A compact JWS by the attested key, if the request carries one. */
  readonly statement?: string | null;
  /** Apps whose statements speak for their devices; none when left out. */
  readonly statementApps?: readonly StatementApp[];
  /** An enrolment record that came with the request; null or left out: none did. */
  readonly enrolment?: EnrolmentClaim | null;
  /** What the caller says of the device; it can only narrow. Left out: nothing. */
  readonly caller?: CallerContext;
  /** Different keys the attestation key vouched for today; null or left out: nobody counted. */
  readonly attestationKeyUse?: number | null;
  readonly environment: Environment;
  readonly verifier: { readonly name: string; readonly version: string };
}

/** Judges a proof. Total: every proof gets a report. */
export function judge(proof: Proof, context: JudgeContext): Report {
  const path = proof.path.ok ? proof.path.value : null;
  const description = proof.keyDescription?.ok ? proof.keyDescription.value : null;
  const { policy, evidenceTime, caller = NO_CALLER_CONTEXT } = context;
  const registry = currentRegistry(context);
  const revocation = path === null ? null : judgeRevocation(toRevocablePath(path), context);
  const revocationStatus = revocation?.report.status ?? null;
  const answered = judgeBinding(path, description, context);
  const statement = judgeStatement(
    proof,
    { path, description, registry, revocationStatus },
    answered.binding.challenge === 'bound',
    context,
  );
  const decision = decide({
    found: [
      ...brokenLinks(proof),
      ...asTheirCodesSay(proof.remarks),
      ...(path === null ? [] : judgePath(path, context)),
      ...(revocation?.findings ?? []),
      ...(path === null || description === null ? [] : judgeBootKey(path, description, context)),
      ...answered.findings,
      ...statement.findings,
      ...(path === null || description === null ? [] : judgeContinuity(path, description, context)),
    ],
    path: path === null ? null : toSubjectPath(path),
    description,
    provisioningInfo: proof.provisioningInfo,
    evidenceDay: toDay(evidenceTime),
    attestationKeyUse: context.attestationKeyUse ?? null,
    revocationStatus,
    reported: statement.reported,
    binding: answered.binding,
    caller,
    policy,
    actions: policy.policy.eligibility,
    registry,
    registryIsExpired: context.registry !== null && registry === null,
  });
  const exposure = policy.policy.exposeDeviceIdentifiers ? 'exposed' : 'redacted';
  const parts = reportProof(proof, exposure);
  return {
    reportVersion: REPORT_VERSION,
    outcome: decision.outcome,
    trustState: decision.trustState,
    evidenceTime: toRfc3339(evidenceTime),
    appraisedAt: toRfc3339(context.appraisedAt),
    evidenceDigest: proof.evidenceDigest,
    verifier: context.verifier,
    environment: context.environment,
    findings: decision.findings,
    layers: decision.layers,
    trustInputs: decision.trustInputs,
    chain: parts.chain,
    key: parts.key ?? null,
    keyDescription: parts[exposure] ?? null,
    revocation: revocation?.report ?? NOT_LOOKED_UP,
    policy: decision.policy,
    binding: { ...answered.binding, keyPossession: statement.possession },
    statement: statement.report,
    release: decision.release,
    rollback: decision.rollback,
    eligibility: decision.eligibility,
  };
}

/** What a proof itself shows: made once for a proof that is remembered. */
function reportProof(
  { certificates, path, provisioningInfo, keyDescription, parts }: Proof,
  exposure: Exposure,
): ReportParts & Pick<Report, 'chain'> {
  const chain = parts.chain ?? toReportChain(certificates, path, provisioningInfo);
  parts.chain = chain;
  if (path.ok) parts.key ??= toReportKey(path.value);
  if (keyDescription?.ok) {
    parts[exposure] ??= toReportKeyDescription(keyDescription.value, exposure);
  }
  return parts as ReportParts & Pick<Report, 'chain'>;
}

/** Where the proof stopped, if it did. */
function brokenLinks({ path, keyDescription }: Proof): readonly JudgedFinding[] {
  if (!path.ok) return asTheirCodesSay([path.finding]);
  return keyDescription === null || keyDescription.ok
    ? []
    : asTheirCodesSay([keyDescription.finding]);
}

function judgePath(path: VerifiedPath, context: JudgeContext): readonly JudgedFinding[] {
  const dated = checkValidity(path, context.evidenceTime);
  const { id, environment } = path.anchor.record;
  if (environment === 'production') return asTheirCodesSay(dated);
  const place = { field: `anchor.${id}` };
  return asTheirCodesSay([...dated, finding('ANCHOR_NOT_PRODUCTION', place, { got: environment })]);
}

function judgeBinding(
  path: VerifiedPath | null,
  description: KeyDescription | null,
  { challenge, publicKey, policy, context = {}, appraisedAt }: JudgeContext,
): { binding: Binding; findings: readonly JudgedFinding[] } {
  if (path === null) return { binding: NOTHING_BOUND, findings: [] };
  const key = checkPublicKey(path.leaf, publicKey);
  if (description === null) {
    return { binding: { ...NOTHING_BOUND, publicKey: key.state }, findings: key.findings };
  }
  const compared = checkChallenge(description, {
    claim: challenge,
    rule: policy.policy.challenge,
    context,
    now: appraisedAt,
  });
  return {
    binding: {
      ...NOTHING_BOUND,
      ...compared.context,
      challenge: compared.state,
      publicKey: key.state,
    },
    findings: [...compared.findings, ...key.findings],
  };
}

/** What a verdict knows of the device before it looks at a statement. */
interface Known {
  readonly path: VerifiedPath | null;
  readonly description: KeyDescription | null;
  /** The releases in force, or null. */
  readonly registry: ReleaseRegistry | null;
  readonly revocationStatus: string | null;
}

interface JudgedStatement {
  readonly possession: BindingState;
  /** What it says, where it counts. */
  readonly reported: StatementFields | null;
  readonly report: ReportStatement | null;
  readonly findings: readonly JudgedFinding[];
}

const NO_STATEMENT: JudgedStatement = {
  possession: 'not_checked',
  reported: null,
  report: null,
  findings: [],
};

/**
 * Possession of the key is proved only by a statement over the challenge bound in this same request
 * (THREATS T28). Its content counts only where something vouches for whoever said it.
 */
function judgeStatement(
  { evidenceDigest }: Proof,
  { path, description, registry, revocationStatus }: Known,
  isChallengeBound: boolean,
  { statement = null, statementApps = [], evidenceTime }: JudgeContext,
): JudgedStatement {
  if (statement === null || path === null || description === null) return NO_STATEMENT;
  const { leaf } = path;
  const verified = verifyStatement(statement, {
    leaf,
    description,
    evidenceDigest,
    now: evidenceTime,
  });
  if (!verified.ok) {
    const findings = asTheirCodesSay([verified.finding]);
    return { ...NO_STATEMENT, possession: 'mismatch', findings };
  }
  const fields = verified.value;
  if (!isChallengeBound) {
    const findings = asTheirCodesSay([
      finding('STATEMENT_NOT_FRESH', { field: 'statement.nonce' }),
    ]);
    return { ...NO_STATEMENT, report: { fields, counts: false }, findings };
  }
  const posture = derivePosture(description, registry);
  const doubt = whyNotMeaningful({ description, posture, revocationStatus, apps: statementApps });
  if (doubt === null) {
    return {
      possession: 'bound',
      reported: fields,
      report: { fields, counts: true },
      findings: [],
    };
  }
  const saysNothing = Object.keys(fields).length === 0;
  return {
    possession: 'bound',
    reported: null,
    report: { fields, counts: false },
    findings: saysNothing
      ? []
      : asTheirCodesSay([
          finding('STATEMENT_NOT_MEANINGFUL', { field: 'statement' }, { got: doubt }),
        ]),
  };
}

function judgeContinuity(
  path: VerifiedPath,
  description: KeyDescription,
  { enrolment = null, registry }: JudgeContext,
): readonly JudgedFinding[] {
  return enrolment === null
    ? []
    : checkContinuity(enrolment, toEnrolledDevice(path, description), registry);
}
