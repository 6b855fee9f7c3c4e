/**
 * JUDGE: what a proof is worth now. Adds what changes with time: the clock, revocation, the expected
 * challenge, known releases, the policy. Everything judged is reported together, and nothing here is
 * remembered: the same proof is judged anew each time.
 */
import type { Environment } from './anchors/index.ts';
import { type Finding, finding, type JudgedFinding, toRfc3339 } from './base/index.ts';
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
import {
  asTheirCodesSay,
  currentRegistry,
  judgeBootKey,
  judgePolicy,
  judgeRevocation,
  NOT_LOOKED_UP,
  type NowContext,
} from './judge-now.ts';
import { checkKeyParameters, type KeyDescription } from './key-description/index.ts';
import { checkValidity, type VerifiedPath } from './path/index.ts';
import {
  type CallerContext,
  deriveEligibility,
  deriveRollback,
  NO_CALLER_CONTEXT,
  ROLLBACK_NOT_CHECKED,
  toSubjectPath,
} from './policy/index.ts';
import {
  deriveLayers,
  derivePosture,
  deriveTrustInputs,
  deriveTrustState,
  type Posture,
  type StatementApp,
  whyNotMeaningful,
} from './posture/index.ts';
import type { Proof } from './prove.ts';
import {
  deriveOutcome,
  type Exposure,
  REPORT_VERSION,
  type Report,
  type ReportStatement,
  toReportChain,
  toReportFindings,
  toReportKey,
  toReportKeyDescription,
  toReportRelease,
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
  const registry = currentRegistry(context);
  const caller = context.caller ?? NO_CALLER_CONTEXT;
  const posture = description === null ? null : derivePosture(description, registry);
  const revocation = path === null ? null : judgeRevocation(toRevocablePath(path), context);
  const binding = judgeBinding(path, description, context);
  const statement = judgeStatement(
    proof,
    { path, description, posture, revocationStatus: revocation?.report.status ?? null },
    binding.binding.challenge === 'bound',
    context,
  );
  const judged: readonly JudgedFinding[] = [
    ...asTheirCodesSay(brokenLinks(proof)),
    ...asTheirCodesSay(proof.remarks),
    ...(path === null ? [] : judgePath(path, context)),
    ...(revocation?.findings ?? []),
    ...(path === null || posture === null ? [] : judgeBootKey(path, posture, context)),
    ...binding.findings,
    ...statement.findings,
    ...(path === null || description === null || posture === null
      ? []
      : judgeDevice(proof, path, description, posture, context)),
  ];
  const revocationStatus = revocation?.report.status ?? null;
  const findings = toReportFindings(judged);
  const { reported } = statement;
  const layers = deriveLayers({ path, revocationStatus, description, posture, reported }, judged);
  const { policy, digest } = context.policy;
  const rollback =
    posture === null ? ROLLBACK_NOT_CHECKED : deriveRollback(posture, caller, policy, judged);
  return {
    reportVersion: REPORT_VERSION,
    outcome: deriveOutcome(findings),
    trustState: deriveTrustState({
      path,
      revocationStatus,
      challengeIsBound: binding.binding.challenge === 'bound',
      layers,
      criticalLayers: policy.criticalLayers,
      judged,
    }),
    evidenceTime: toRfc3339(context.evidenceTime),
    appraisedAt: toRfc3339(context.appraisedAt),
    evidenceDigest: proof.evidenceDigest,
    verifier: context.verifier,
    environment: context.environment,
    findings,
    layers,
    trustInputs: deriveTrustInputs(layers, judged, reported),
    ...reportProof(proof, policy.exposeDeviceIdentifiers ? 'exposed' : 'redacted'),
    revocation: revocation?.report ?? NOT_LOOKED_UP,
    policy: { id: policy.id, version: policy.version, digest },
    binding: { ...binding.binding, keyPossession: statement.possession },
    statement: statement.report,
    release: toReportRelease(posture?.recognised ?? null, registry, rollback.state),
    rollback,
    eligibility: deriveEligibility(policy.eligibility, {
      judged,
      layers,
      binding: binding.binding,
      posture,
      caller,
    }),
  };
}

/** What a proof itself shows: made once for a proof that is remembered. */
function reportProof(
  { certificates, path, provisioningInfo, keyDescription, parts }: Proof,
  exposure: Exposure,
): Pick<Report, 'chain' | 'key' | 'keyDescription'> {
  parts.chain ??= toReportChain(certificates, path, provisioningInfo);
  if (path.ok) parts.key ??= toReportKey(path.value);
  if (keyDescription?.ok) {
    parts[exposure] ??= toReportKeyDescription(keyDescription.value, exposure);
  }
  return {
    chain: parts.chain,
    key: parts.key ?? null,
    keyDescription: parts[exposure] ?? null,
  };
}

/** Where the proof stopped, if it did. */
function brokenLinks({ path, keyDescription }: Proof): readonly Finding[] {
  if (!path.ok) return [path.finding];
  return keyDescription === null || keyDescription.ok ? [] : [keyDescription.finding];
}

function judgePath(path: VerifiedPath, context: JudgeContext): readonly JudgedFinding[] {
  const { id, environment } = path.anchor.record;
  const rehearsal =
    environment === 'production'
      ? []
      : [finding('ANCHOR_NOT_PRODUCTION', { field: `anchor.${id}` }, { got: environment })];
  return asTheirCodesSay([...checkValidity(path, context.evidenceTime), ...rehearsal]);
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
  readonly posture: Posture | null;
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
  { path, description, posture, revocationStatus }: Known,
  isChallengeBound: boolean,
  { statement = null, statementApps = [], evidenceTime }: JudgeContext,
): JudgedStatement {
  if (statement === null || path === null || description === null || posture === null) {
    return NO_STATEMENT;
  }
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

function judgeDevice(
  { provisioningInfo }: Proof,
  path: VerifiedPath,
  description: KeyDescription,
  posture: Posture,
  context: JudgeContext,
): readonly JudgedFinding[] {
  const { registry, evidenceTime, caller = NO_CALLER_CONTEXT, enrolment = null } = context;
  const known = {
    path: toSubjectPath(path),
    description,
    provisioningInfo,
    posture,
    evidenceTime,
    attestationKeyUse: context.attestationKeyUse ?? null,
  };
  return [
    ...asTheirCodesSay(checkKeyParameters(description, path.leaf.publicKey)),
    ...(enrolment === null
      ? []
      : checkContinuity(enrolment, toEnrolledDevice(path, description), registry)),
    ...judgePolicy(known, caller, context),
  ];
}
