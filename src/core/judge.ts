/**
 * JUDGE: what a proof is worth now. Adds what changes with time: the clock, revocation, the expected
 * challenge, known releases, the policy. Everything judged is reported together, and nothing here is
 * remembered: the same proof is judged anew each time.
 */
import type { Environment } from './anchors/index.ts';
import {
  dateOfDay,
  FINDING_CODES,
  type Finding,
  finding,
  type JudgedFinding,
  type Severity,
  toRfc3339,
} from './base/index.ts';
import {
  type Binding,
  type ChallengeClaim,
  checkChallenge,
  checkPublicKey,
  NOTHING_BOUND,
} from './binding/index.ts';
import { checkKeyParameters, type KeyDescription } from './key-description/index.ts';
import { checkValidity, type VerifiedPath } from './path/index.ts';
import { evaluatePolicy, type PreparedPolicy } from './policy/index.ts';
import { deriveLayers, derivePosture, deriveTrustState, type Posture } from './posture/index.ts';
import type { Proof } from './prove.ts';
import type { ReleaseRegistry } from './reference/index.ts';
import {
  deriveOutcome,
  REPORT_VERSION,
  type Report,
  type ReportRevocation,
  toReportChain,
  toReportFindings,
  toReportKey,
  toReportKeyDescription,
} from './report/index.ts';
import {
  checkRevocation,
  type RevocablePath,
  type RevocationCheck,
  type RevocationSnapshot,
} from './revocation/index.ts';
import { hasOnlyKeyCertSign } from './x509/index.ts';

export interface JudgeContext {
  /** Decides validity windows and patch age. Milliseconds since 1970, as are all times here. */
  readonly evidenceTime: number;
  /** Decides revocation, releases, and how old lists are. */
  readonly appraisedAt: number;
  readonly policy: PreparedPolicy;
  /** `waived`: an operator said that revocation is not to be checked. */
  readonly revocation: RevocationSnapshot | 'waived';
  readonly challenge: ChallengeClaim;
  /** SubjectPublicKeyInfo the caller expects, or null. */
  readonly publicKey: Uint8Array | null;
  /** Null: no releases are known. */
  readonly registry: ReleaseRegistry | null;
  readonly environment: Environment;
  readonly verifier: { readonly name: string; readonly version: string };
}

/** Judges a proof. Total: every proof gets a report. */
export function judge(proof: Proof, context: JudgeContext): Report {
  const path = proof.path.ok ? proof.path.value : null;
  const description = proof.keyDescription?.ok ? proof.keyDescription.value : null;
  const posture = description === null ? null : derivePosture(description, context.registry);
  const revocation = path === null ? null : judgeRevocation(path, context);
  const binding = judgeBinding(path, description, context);
  const judged: readonly JudgedFinding[] = [
    ...asTheirCodesSay(brokenLinks(proof)),
    ...asTheirCodesSay(proof.remarks),
    ...(path === null ? [] : judgePath(path, context)),
    ...(revocation?.findings ?? []),
    ...binding.findings,
    ...(path === null || description === null || posture === null
      ? []
      : judgeDevice(proof, path, description, posture, context)),
  ];
  const revocationStatus = revocation?.report.status ?? null;
  const findings = toReportFindings(judged);
  const layers = deriveLayers({ path, revocationStatus, description, posture }, judged);
  const { policy, digest } = context.policy;
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
    chain: toReportChain(proof.certificates, proof.path, proof.provisioningInfo),
    key: path === null ? null : toReportKey(path),
    keyDescription:
      description === null
        ? null
        : toReportKeyDescription(
            description,
            policy.exposeDeviceIdentifiers ? 'exposed' : 'redacted',
          ),
    revocation: revocation?.report ?? NOT_LOOKED_UP,
    policy: { id: policy.id, version: policy.version, digest },
    binding: binding.binding,
    release: toReportRelease(posture),
    eligibility: [],
  };
}

const NOT_LOOKED_UP: ReportRevocation = { checked: false, status: null, snapshot: null };
const MS_PER_DAY = 86_400_000;

/** The day of a moment, UTC. */
export function dayOf(epochMs: number): ReturnType<typeof dateOfDay> {
  return dateOfDay(Math.floor(epochMs / MS_PER_DAY));
}

export type RevocationContext = Pick<JudgeContext, 'revocation' | 'policy' | 'appraisedAt'>;

/** Findings at the severity of the table of codes. */
export function asTheirCodesSay(findings: readonly Finding[]): readonly JudgedFinding[] {
  return findings.map((each) => ({
    finding: each,
    severity: FINDING_CODES[each.code].severity,
  }));
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

/** Revocation as of now, and as the policy asks. */
export function judgeRevocation(
  path: RevocablePath,
  { revocation, policy, appraisedAt }: RevocationContext,
): { report: ReportRevocation; findings: readonly JudgedFinding[] } {
  if (revocation === 'waived') {
    return {
      report: NOT_LOOKED_UP,
      findings: asTheirCodesSay([finding('REVOCATION_NOT_CHECKED')]),
    };
  }
  const { maxStaleSeconds } = policy.policy.revocation;
  const check = checkRevocation(path, revocation, { appraisedAt, maxStaleSeconds });
  const severity: Severity = maxStaleSeconds === null ? 'review' : 'inconclusive';
  const staleness = check.staleness === null ? [] : [{ finding: check.staleness, severity }];
  return {
    report: toReportRevocation(revocation, check, appraisedAt),
    findings: [
      ...asTheirCodesSay([...check.listed, ...(check.missing === null ? [] : [check.missing])]),
      ...staleness,
    ],
  };
}

function toReportRevocation(
  snapshot: RevocationSnapshot,
  { status, sources, fetchedAt }: RevocationCheck,
  appraisedAt: number,
): ReportRevocation {
  return {
    checked: status !== null,
    status,
    snapshot: {
      id: snapshot.id,
      entries: snapshot.entryCount,
      fetchedAt: fetchedAt === null ? null : toRfc3339(fetchedAt),
      ageSeconds: fetchedAt === null ? null : Math.floor((appraisedAt - fetchedAt) / 1000),
      sources: sources.map(({ id }) => id),
    },
  };
}

function judgeBinding(
  path: VerifiedPath | null,
  description: KeyDescription | null,
  { challenge, publicKey, policy }: JudgeContext,
): { binding: Binding; findings: readonly JudgedFinding[] } {
  if (path === null) return { binding: NOTHING_BOUND, findings: [] };
  const key = checkPublicKey(path.leaf, publicKey);
  if (description === null) {
    return { binding: { ...NOTHING_BOUND, publicKey: key.state }, findings: key.findings };
  }
  const compared = checkChallenge(description, challenge, policy.policy.challenge);
  return {
    binding: { ...NOTHING_BOUND, challenge: compared.state, publicKey: key.state },
    findings: [...compared.findings, ...key.findings],
  };
}

function judgeDevice(
  { provisioningInfo }: Proof,
  path: VerifiedPath,
  description: KeyDescription,
  posture: Posture,
  { policy, registry, evidenceTime }: JudgeContext,
): readonly JudgedFinding[] {
  const subject = {
    path,
    description,
    provisioningInfo,
    posture,
    evidenceDate: dayOf(evidenceTime),
    knowsReleases: registry !== null,
    leafHasOnlyKeyCertSign: hasOnlyKeyCertSign(path.leaf),
  };
  return [
    ...asTheirCodesSay(checkKeyParameters(description, path.leaf.publicKey)),
    ...evaluatePolicy(policy.policy, subject),
  ];
}

/** The recognised release in report form. */
export function toReportRelease(posture: Posture | null): Report['release'] {
  if (posture === null || posture.release === null) return null;
  const { name, channel, stage, environment } = posture.release;
  return { name, channel, stage, environment };
}
