/**
 * RECHECK: what of a verified chain is worth keeping in place of the evidence, and a new judgement from
 * that alone. Facts that stay (signatures, dates as of the evidence, the challenge) are kept as findings;
 * what changes (revocation, releases, policy) is judged again from the serials and the attested fields.
 *
 * No certificate and no identifier of the device is kept. Facts prove nothing by themselves: whoever keeps
 * them signs them, and `rejudge` is for facts whose signature has been verified.
 */
import type { AnchorSet } from './anchors/index.ts';
import { sha256Hex } from './anchors/index.ts';
import { type Finding, finding, type JudgedFinding, toHex, toRfc3339 } from './base/index.ts';
import {
  asTheirCodesSay,
  dayOf,
  type JudgeContext,
  judgeRevocation,
  toReportRelease,
} from './judge.ts';
import {
  decodeDescription,
  encodeDescription,
  type StoredDescription,
} from './kept-description.ts';
import type { ProvisioningInfo } from './key-description/index.ts';
import type { PathFacts } from './path/index.ts';
import { evaluatePolicy } from './policy/index.ts';
import { deriveLayers, derivePosture, deriveTrustState } from './posture/index.ts';
import type { Proof } from './prove.ts';
import {
  deriveOutcome,
  type Report,
  type ReportFinding,
  toReportFindings,
} from './report/index.ts';
import type { RevocablePath } from './revocation/index.ts';
import { hasOnlyKeyCertSign, sliceOf } from './x509/index.ts';

/** What is kept. Plain JSON. */
export interface RecheckFacts {
  readonly version: 1;
  readonly evidenceDigest: string;
  /** Milliseconds since 1970. */
  readonly evidenceTime: number;
  readonly anchor: { readonly id: string; readonly spkiSha256: string };
  readonly shape: PathFacts['layout']['shape'];
  readonly attestationAt: number;
  readonly certifiedLevel: PathFacts['certifiedLevel'];
  readonly leafHasOnlyKeyCertSign: boolean;
  /** Leaf first, as sent: what can be listed, and by which key it can be found. */
  readonly certificates: readonly {
    /** Content of the INTEGER, lower-case hex. */
    readonly serial: string;
    readonly spkiSha256: string;
  }[];
  readonly challenge: Report['binding']['challenge'];
  readonly description: StoredDescription;
  readonly provisioningInfo: ProvisioningInfo | null;
  /** Findings that stay as they are. */
  readonly standing: readonly Pick<
    ReportFinding,
    'code' | 'severity' | 'at' | 'expected' | 'got'
  >[];
}

/** A judgement from facts: a report without what only evidence can show. */
export type RecheckReport = Pick<
  Report,
  | 'outcome'
  | 'trustState'
  | 'evidenceTime'
  | 'appraisedAt'
  | 'evidenceDigest'
  | 'verifier'
  | 'environment'
  | 'findings'
  | 'layers'
  | 'revocation'
  | 'policy'
  | 'release'
> & {
  readonly basis: 'record';
  readonly anchor: Report['chain']['anchor'];
};

export type RecheckContext = Pick<
  JudgeContext,
  'appraisedAt' | 'policy' | 'revocation' | 'registry' | 'environment' | 'verifier'
> & { readonly anchors: AnchorSet };

/** Stages whose findings are judged again; those of every other stage stay. */
const JUDGED_AGAIN: ReadonlySet<string> = new Set(['revocation', 'policy', 'risk']);

/** What to keep of a chain that has been judged; null where nothing was proved that could be kept. */
export function toRecheckFacts(
  { path, keyDescription, provisioningInfo, evidenceDigest }: Proof,
  { findings, binding }: Report,
  evidenceTime: number,
): RecheckFacts | null {
  if (!path.ok || keyDescription === null || !keyDescription.ok) return null;
  const { anchor, layout, certifiedLevel, certificates, leaf } = path.value;
  return {
    version: 1,
    evidenceDigest,
    evidenceTime,
    anchor: { id: anchor.record.id, spkiSha256: anchor.record.spkiSha256 },
    shape: layout.shape,
    attestationAt: layout.attestationAt,
    certifiedLevel,
    leafHasOnlyKeyCertSign: hasOnlyKeyCertSign(leaf),
    certificates: certificates.map((certificate) => ({
      serial: toHex(certificate.bytes, certificate.serial.start, certificate.serial.end),
      spkiSha256: sha256Hex(sliceOf(certificate, certificate.spki)),
    })),
    challenge: binding.challenge,
    description: encodeDescription(keyDescription.value),
    provisioningInfo,
    standing: findings
      .filter(({ stage }) => !JUDGED_AGAIN.has(stage))
      .map(({ code, severity, at, expected, got }) => ({ code, severity, at, expected, got })),
  };
}

/** Judges facts as of now. Total: facts under an anchor that is trusted no more are rejected. */
export function rejudge(facts: RecheckFacts, context: RecheckContext): RecheckReport {
  const anchor = context.anchors.anchors.find(
    ({ record }) => record.id === facts.anchor.id && record.spkiSha256 === facts.anchor.spkiSha256,
  );
  const path =
    anchor === undefined
      ? null
      : {
          anchor,
          certifiedLevel: facts.certifiedLevel,
          layout: { shape: facts.shape, attestationAt: facts.attestationAt },
          certificates: facts.certificates.map(({ serial }) => toRevocable(serial)),
        };
  const description = decodeDescription(facts.description);
  const posture = derivePosture(description, context.registry);
  const revocation = path === null ? null : judgeRevocation(path, context);
  const judged: readonly JudgedFinding[] = [
    ...facts.standing.map(toJudged),
    ...(revocation?.findings ?? []),
    ...(path === null
      ? asTheirCodesSay([finding('UNTRUSTED_ROOT', {}, { got: facts.anchor.id })])
      : evaluatePolicy(context.policy.policy, {
          path,
          description,
          provisioningInfo: facts.provisioningInfo,
          posture,
          evidenceDate: dayOf(facts.evidenceTime),
          knowsReleases: context.registry !== null,
          leafHasOnlyKeyCertSign: facts.leafHasOnlyKeyCertSign,
        })),
  ];
  const findings = toReportFindings(judged);
  const revocationStatus = revocation?.report.status ?? null;
  const layers = deriveLayers(
    // A statement speaks for the moment it was made: it is not kept.
    { path, revocationStatus, description, posture, reported: null },
    judged,
  );
  const { policy, digest } = context.policy;
  return {
    basis: 'record',
    outcome: deriveOutcome(findings),
    trustState: deriveTrustState({
      path,
      revocationStatus,
      challengeIsBound: facts.challenge === 'bound',
      layers,
      criticalLayers: policy.criticalLayers,
      judged,
    }),
    evidenceTime: toRfc3339(facts.evidenceTime),
    appraisedAt: toRfc3339(context.appraisedAt),
    evidenceDigest: facts.evidenceDigest,
    verifier: context.verifier,
    environment: context.environment,
    findings,
    layers,
    anchor: path === null ? null : { ...facts.anchor, environment: path.anchor.record.environment },
    revocation: revocation?.report ?? { checked: false, status: null, snapshot: null },
    policy: { id: policy.id, version: policy.version, digest },
    release: toReportRelease(posture),
  };
}

function toJudged({ severity, ...kept }: RecheckFacts['standing'][number]): JudgedFinding {
  return { finding: kept as Finding, severity };
}

/** A certificate of which only the serial number is left. */
function toRevocable(serial: string): RevocablePath['certificates'][number] {
  const bytes = new Uint8Array(Buffer.from(serial, 'hex'));
  return { bytes, serial: { start: 0, end: bytes.length } };
}
