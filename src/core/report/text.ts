/**
 * A report as JSON text, without writing again what was written before: parts that depend on nothing but
 * the proof, for a proof that is remembered; parts and decisions that many reports share.
 */
import { toJsonText } from '../base/index.ts';
import { NOTHING_BOUND } from '../binding/index.ts';
import type {
  Report,
  ReportCertificate,
  ReportChain,
  ReportDecision,
  ReportKey,
  ReportKeyDescription,
  ReportParts,
} from './report.ts';

/**
 * `toJsonText(report)`, to the octet, of a report as `judge` makes it. `parts` are those of the proof
 * that it is about. What is put between quotes here is of a closed set, a time or hex: nothing to escape.
 */
export function toReportText(report: Report, parts: ReportParts): string {
  const { front, policy, back } = writeDecision(report);
  return `{"reportVersion":${report.reportVersion},"outcome":"${report.outcome}","trustState":"${
    report.trustState
  }","evidenceTime":"${report.evidenceTime}","appraisedAt":"${
    report.appraisedAt
  }","evidenceDigest":"${report.evidenceDigest}","verifier":${write(
    report.verifier,
  )},"environment":"${report.environment}",${front},${writeProof(
    report,
    parts,
  )},"revocation":${write(report.revocation)},"policy":${policy},"binding":${writeBinding(
    report.binding,
  )},"statement":${write(report.statement)},${back}}`;
}

/** Texts of parts that are the same object in many reports; written when first asked for. */
const KEPT = new WeakMap<object, { text: string | null }>();

/** Makes sure that `part`, which never changes again, is written only once. */
export function keepText(part: object): void {
  if (!KEPT.has(part)) KEPT.set(part, { text: null });
}

/** `toJsonText(value)`. */
function write(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return toJsonText(value);
  const kept = KEPT.get(value);
  if (kept === undefined) return toJsonText(value);
  kept.text ??= toJsonText(value);
  return kept.text;
}

/** The members of a decision, as they stand around those of the proof. */
interface DecisionText {
  readonly front: string;
  readonly policy: string;
  readonly back: string;
}

/** Texts of decisions that are kept, each under its findings; null: not written yet. */
const DECISIONS = new WeakMap<
  ReportDecision['findings'],
  { readonly decision: ReportDecision; text: DecisionText | null }
>();

/** Makes sure that `decision`, which never changes again, is written only once. */
export function keepDecisionText(decision: ReportDecision): void {
  DECISIONS.set(decision.findings, { decision, text: null });
}

function writeDecision(report: Report): DecisionText {
  const kept = DECISIONS.get(report.findings);
  if (kept === undefined || !isDecisionOf(report, kept.decision)) return toDecisionText(report);
  kept.text ??= toDecisionText(kept.decision);
  return kept.text;
}

/** A report may have been put together from several. */
function isDecisionOf(report: Report, decision: ReportDecision): boolean {
  return (
    report.layers === decision.layers &&
    report.trustInputs === decision.trustInputs &&
    report.policy === decision.policy &&
    report.release === decision.release &&
    report.rollback === decision.rollback &&
    report.eligibility === decision.eligibility
  );
}

function toDecisionText(decision: ReportDecision): DecisionText {
  const { findings, layers, trustInputs, policy, release, rollback, eligibility } = decision;
  return {
    front: membersOf({ findings, layers, trustInputs }),
    policy: toJsonText(policy),
    back: membersOf({ release, rollback, eligibility }),
  };
}

/** The text of an object without its braces. */
function membersOf(document: object): string {
  return toJsonText(document).slice(1, -1);
}

function writeProof({ chain, key, keyDescription }: Report, parts: ReportParts): string {
  const described = keyDescription === parts.exposed ? 'exposed' : 'redacted';
  const isOfParts =
    chain === parts.chain &&
    key === (parts.key ?? null) &&
    keyDescription === (parts[described] ?? null);
  if (!isOfParts) return membersOf({ chain, key, keyDescription });
  parts.texts ??= {};
  parts.texts[described] ??= `"chain":${writeChain(chain)},"key":${writeKey(
    key,
  )},"keyDescription":${keyDescription === null ? 'null' : writeDescription(keyDescription)}`;
  return parts.texts[described];
}

function writeChain(chain: ReportChain): string {
  const { shape, anchor, certificates, provisioningInfo } = chain;
  let written = '';
  for (const certificate of certificates) {
    const text = KEPT.has(certificate) ? write(certificate) : toCertificateText(certificate);
    written += written === '' ? text : `,${text}`;
  }
  return `{"shape":${shape === null ? 'null' : `"${shape}"`},"anchor":${write(
    anchor,
  )},"certificates":[${written}],"provisioningInfo":${write(provisioningInfo)}}`;
}

/** Only the name was written by somebody else: roles, algorithms and curves are closed sets or dotted, all else hex or times. */
function toCertificateText(certificate: ReportCertificate): string {
  const { index, role, subject, serial, notBefore, notAfter } = certificate;
  const { signatureAlgorithm, publicKey, sha256 } = certificate;
  return `{"index":${index},"role":${role === null ? 'null' : `"${role}"`},"subject":${toJsonText(
    subject,
  )},"serial":"${serial}","notBefore":"${notBefore}","notAfter":"${
    notAfter
  }","signatureAlgorithm":"${signatureAlgorithm}","publicKey":"${publicKey}","sha256":"${sha256}"}`;
}

function writeKey(key: ReportKey | null): string {
  if (key === null) return 'null';
  const { algorithm, curve, size, parameterSet, spki, spkiSha256 } = key;
  let kind = `"algorithm":"${algorithm}"`;
  if (curve !== undefined) kind += `,"curve":"${curve}"`;
  if (size !== undefined) kind += `,"size":${size}`;
  if (parameterSet !== undefined) kind += `,"parameterSet":"${parameterSet}"`;
  return `{${kind},"spki":"${spki}","spkiSha256":"${spkiSha256}"}`;
}

/** Words of a closed set. */
function writeBinding(binding: Report['binding']): string {
  let members = '';
  for (const name of BINDINGS)
    members += `${members === '' ? '' : ','}"${name}":"${binding[name]}"`;
  return `{${members}}`;
}

const BINDINGS = Object.keys(NOTHING_BOUND) as readonly (keyof Report['binding'])[];

function writeDescription(description: ReportKeyDescription): string {
  const { attestationSecurityLevel, keyMintSecurityLevel } = description;
  const { attestationChallenge, uniqueId, softwareEnforced, hardwareEnforced } = description;
  let software = '';
  for (const name of Object.keys(softwareEnforced)) {
    software += `${software === '' ? '' : ','}"${name}":${write(softwareEnforced[name])}`;
  }
  return `{"attestationVersion":${
    description.attestationVersion
  },"attestationSecurityLevel":"${attestationSecurityLevel}","keyMintVersion":${
    description.keyMintVersion
  },"keyMintSecurityLevel":"${keyMintSecurityLevel}","attestationChallenge":"${
    attestationChallenge
  }","uniqueId":"${uniqueId}","softwareEnforced":{${software}},"hardwareEnforced":${write(
    hardwareEnforced,
  )}}`;
}
