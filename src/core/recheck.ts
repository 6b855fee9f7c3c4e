/**
 * RECHECK: what of a verified chain is worth keeping in place of the evidence, and a new judgement from
 * that alone. Facts that stay (signatures, dates as of the evidence, the challenge) are kept as findings;
 * what changes (revocation, releases, policy) is judged again from the serials and the attested fields.
 *
 * No certificate and no identifier of the device is kept. Facts prove nothing by themselves: whoever keeps
 * them signs them, and `rejudge` is for facts whose signature has been verified.
 */
import type { AnchorSet } from './anchors/index.ts';
import {
  type Finding,
  finding,
  type JudgedFinding,
  toDay,
  toHex,
  toRfc3339,
} from './base/index.ts';
import { NOTHING_BOUND } from './binding/index.ts';
import { decide } from './decide.ts';
import type { JudgeContext } from './judge.ts';
import {
  asTheirCodesSay,
  currentRegistry,
  judgeBootKey,
  judgeRevocation,
  NOT_LOOKED_UP,
} from './judge-now.ts';
import {
  decodeDescription,
  encodeDescription,
  type StoredDescription,
} from './kept-description.ts';
import type { ProvisioningInfo } from './key-description/index.ts';
import {
  type CallerContext,
  NO_CALLER_CONTEXT,
  type SubjectPath,
  toSubjectPath,
} from './policy/index.ts';
import type { Proof } from './prove.ts';
import type { Report, ReportFinding } from './report/index.ts';
import { type RevocablePath, toRevocablePath } from './revocation/index.ts';

/** What is kept. Plain JSON. */
export interface RecheckFacts {
  readonly version: 1;
  readonly evidenceDigest: string;
  /** Milliseconds since 1970. */
  readonly evidenceTime: number;
  readonly anchor: { readonly id: string; readonly spkiSha256: string };
  readonly layout: SubjectPath['layout'];
  readonly certifiedLevel: SubjectPath['certifiedLevel'];
  /** What kind of key was attested; the key itself is in no record. */
  readonly leafKey: SubjectPath['leafKey'];
  readonly leafOnlyCertifies: boolean;
  /** Leaf first, as sent: what can be listed, and by which key it can be found. */
  readonly certificates: readonly {
    /** Content of the INTEGER, lower-case hex. */
    readonly serial: string;
    readonly spkiSha256: string;
  }[];
  readonly challenge: Report['binding']['challenge'];
  readonly description: StoredDescription;
  readonly provisioningInfo: ProvisioningInfo | null;
  /** Different keys its attestation key had vouched for on that day; null: nobody counted. */
  readonly attestationKeyUse: number | null;
  /** What the caller said then and no evidence shows: it narrows today as it did. */
  readonly caller: Pick<CallerContext, 'cohort' | 'floors'>;
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
  | 'trustInputs'
  | 'revocation'
  | 'policy'
  | 'release'
  | 'rollback'
> & {
  readonly basis: 'record';
  readonly anchor: Report['chain']['anchor'];
};

export type RecheckContext = Pick<
  JudgeContext,
  'appraisedAt' | 'policy' | 'revocation' | 'registry' | 'environment' | 'verifier'
> & { readonly anchors: AnchorSet };

/** Stages whose findings are judged again. */
const JUDGED_AGAIN: ReadonlySet<string> = new Set(['revocation', 'policy', 'risk']);

/** Findings of every other stage stay, but for the one comparison that is made again with the policy's. */
function stays({ stage, code }: ReportFinding): boolean {
  return !JUDGED_AGAIN.has(stage) && code !== 'KEY_PARAMS_INCONSISTENT';
}

/** What to keep of a chain that has been judged; null where nothing was proved that could be kept. */
export function toRecheckFacts(
  { path, keyDescription, provisioningInfo, evidenceDigest }: Proof,
  { findings, binding }: Report,
  {
    evidenceTime,
    attestationKeyUse,
    caller = NO_CALLER_CONTEXT,
  }: {
    readonly evidenceTime: number;
    readonly attestationKeyUse: number | null;
    readonly caller?: CallerContext | undefined;
  },
): RecheckFacts | null {
  if (!path.ok || keyDescription === null || !keyDescription.ok) return null;
  const { anchor, certificates } = path.value;
  const { layout, certifiedLevel, leafKey, leafOnlyCertifies } = toSubjectPath(path.value);
  const { shape, provisioning, attestationAt } = layout;
  const keyDigests = toRevocablePath(path.value).keyDigests();
  return {
    version: 1,
    evidenceDigest,
    evidenceTime,
    anchor: { id: anchor.record.id, spkiSha256: anchor.record.spkiSha256 },
    layout: { shape, provisioning, attestationAt },
    certifiedLevel,
    leafKey,
    leafOnlyCertifies,
    certificates: certificates.map(({ bytes, serial }, at) => ({
      serial: toHex(bytes, serial.start, serial.end),
      spkiSha256: toHex(keyDigests[at] as Uint8Array),
    })),
    challenge: binding.challenge,
    description: encodeDescription(keyDescription.value),
    provisioningInfo,
    attestationKeyUse,
    caller: { cohort: caller.cohort, floors: caller.floors },
    standing: findings
      .filter(stays)
      .map(({ code, severity, at, expected, got }) => ({ code, severity, at, expected, got })),
  };
}

type KnownPath = SubjectPath & RevocablePath;

/** The path facts are of, under the anchor as it is trusted now; null: it is trusted no more. */
function pathOf(facts: RecheckFacts, { anchors }: AnchorSet): KnownPath | null {
  const { id, spkiSha256 } = facts.anchor;
  const anchor = anchors.find(({ record }) => record.id === id && record.spkiSha256 === spkiSha256);
  if (anchor === undefined) return null;
  const { layout, certifiedLevel, leafKey, leafOnlyCertifies, certificates } = facts;
  return {
    anchor,
    layout,
    certifiedLevel,
    leafKey,
    leafOnlyCertifies,
    certificates: certificates.map(({ serial }) => toListable(serial)),
    keyDigests: () => certificates.map((each) => bytesOf(each.spkiSha256)),
  };
}

/** Judges facts as of now. Total: facts under an anchor that is trusted no more are rejected. */
export function rejudge(facts: RecheckFacts, context: RecheckContext): RecheckReport {
  const { provisioningInfo, evidenceTime, attestationKeyUse, caller } = facts;
  const path = pathOf(facts, context.anchors);
  const registry = currentRegistry(context);
  const description = decodeDescription(facts.description);
  const revocation = path === null ? null : judgeRevocation(path, context);
  const { eligibility: _, ...decision } = decide({
    found: [
      ...facts.standing.map(toJudged),
      ...(revocation?.findings ?? []),
      ...(path === null
        ? asTheirCodesSay([finding('UNTRUSTED_ROOT', {}, { got: facts.anchor.id })])
        : judgeBootKey(path, description, context)),
    ],
    path,
    description,
    provisioningInfo,
    evidenceDay: toDay(evidenceTime),
    attestationKeyUse,
    revocationStatus: revocation?.report.status ?? null,
    // A statement speaks for the moment it was made: it is not kept.
    reported: null,
    binding: { ...NOTHING_BOUND, challenge: facts.challenge },
    caller: { ...NO_CALLER_CONTEXT, ...caller },
    policy: context.policy,
    actions: undefined,
    registry,
    registryIsExpired: context.registry !== null && registry === null,
  });
  return {
    basis: 'record',
    ...decision,
    evidenceTime: toRfc3339(evidenceTime),
    appraisedAt: toRfc3339(context.appraisedAt),
    evidenceDigest: facts.evidenceDigest,
    verifier: context.verifier,
    environment: context.environment,
    anchor: path === null ? null : { ...facts.anchor, environment: path.anchor.record.environment },
    revocation: revocation?.report ?? NOT_LOOKED_UP,
  };
}

function toJudged({ severity, ...kept }: RecheckFacts['standing'][number]): JudgedFinding {
  return { finding: kept as Finding, severity };
}

/** A certificate of which only the serial number is left. */
function toListable(serial: string): RevocablePath['certificates'][number] {
  const bytes = bytesOf(serial);
  return { bytes, serial: { start: 0, end: bytes.length } };
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
