/**
 * A stored report under another policy. The report tells what the device's record said, so the rules
 * are evaluated anew on that; what rests on the bytes or on the moment (path, revocation, challenge,
 * key) stays as it was found. What a report does not tell is taken from its own findings: the level its
 * certificates name, and what its leaf may sign.
 */
import type { AnchorRecord } from '../../core/anchors/index.ts';
import { type JudgedFinding, toDay } from '../../core/base/index.ts';
import {
  type AuthorizationFields,
  type AuthorizationList,
  BOOT_STATES,
  enumValueOf,
  FIELDS,
  type FieldName,
  type FieldSpec,
  type KeyDescription,
} from '../../core/key-description/index.ts';
import { evaluatePolicy, type Policy, type Subject, toSubject } from '../../core/policy/index.ts';
import { derivePosture } from '../../core/posture/index.ts';
import type { ReleaseRegistry } from '../../core/reference/index.ts';
import type {
  Report,
  ReportApplicationId,
  ReportAuthorizationList,
  ReportRootOfTrust,
} from '../../core/report/index.ts';

/** What a verdict comes to: worst severity of each code. */
export interface Verdict {
  readonly outcome: Report['outcome'];
  readonly severities: ReadonlyMap<string, string>;
}

/** The findings of a report as it is. */
export function verdictOf(report: Report): Verdict {
  return { outcome: report.outcome, severities: worstOf(report.findings) };
}

/** The same, had the policy been `policy`. `anchors`: records of the anchors known here. */
export function rejudge(
  report: Report,
  policy: Policy,
  anchors: readonly AnchorRecord[],
  registry: ReleaseRegistry | null,
): Verdict {
  const subject = subjectOf(report, anchors, registry);
  if (subject === null) return verdictOf(report);
  const kept = report.findings.filter(({ stage }) => stage !== 'policy' && stage !== 'risk');
  const judged = evaluatePolicy(policy, subject)
    .filter((each) => !restsOnRedacted(each, report))
    .map(({ finding, severity }) => ({ code: finding.code, severity }));
  const findings = [...kept, ...judged];
  const has = (severity: string): boolean => findings.some((each) => each.severity === severity);
  const outcome = has('reject') ? 'reject' : has('inconclusive') ? 'inconclusive' : 'accept';
  return { outcome, severities: worstOf(findings) };
}

const WORST_FIRST = ['reject', 'inconclusive', 'review', 'info'];

function worstOf(
  findings: readonly { readonly code: string; readonly severity: string }[],
): ReadonlyMap<string, string> {
  const sorted = findings.toSorted(
    (a, b) => WORST_FIRST.indexOf(b.severity) - WORST_FIRST.indexOf(a.severity),
  );
  return new Map(sorted.map(({ code, severity }) => [code, severity]));
}

/** A redacted identifier is not known to differ. */
function restsOnRedacted({ finding }: JudgedFinding, { keyDescription }: Report): boolean {
  if (finding.code !== 'DEVICE_ID_MISMATCH') return false;
  const name = finding.at.field?.split('.')[1] ?? '';
  return keyDescription?.hardwareEnforced[name] === 'redacted';
}

function subjectOf(
  { chain, key, keyDescription, evidenceTime, findings }: Report,
  anchors: readonly AnchorRecord[],
  registry: ReleaseRegistry | null,
): Subject | null {
  if (keyDescription === null || key === null || chain.anchor === null) return null;
  const { shape, certificates, provisioningInfo, anchor } = chain;
  if (shape === null || shape === 'software') return null;
  const record = anchors.find(({ id }) => id === anchor.id);
  const attestationAt = certificates.findIndex(({ role }) => role === 'attestation');
  const intermediates = certificates.filter(({ role }) => role === 'intermediate').length;
  const isFactory = record?.layouts.factory?.issuers === intermediates + 1;
  const provisioning = shape === 'attest-key' ? (isFactory ? 'factory' : 'remote') : shape;
  const description = toDescription(keyDescription);
  const mismatch = findings.find(({ code }) => code === 'SECURITY_LEVEL_CHAIN_MISMATCH');
  const certifiedLevel = (mismatch?.expected ??
    description.attestationSecurityLevel) as Subject['path']['certifiedLevel'];
  const onlyCertifies = findings.some(({ code }) => code === 'RISK_LEAF_KEYCERTSIGN');
  const known = {
    path: {
      anchor: { record: { ...anchor, owner: record?.owner ?? '' } },
      layout: { shape, provisioning, attestationAt },
      certifiedLevel,
      leafKey: toLeafKey(key),
      leafOnlyCertifies: onlyCertifies,
    } as const,
    description,
    provisioningInfo,
    posture: derivePosture(description, registry),
    evidenceDay: toDay(Date.parse(evidenceTime)),
  };
  // A registry that has expired is not loaded.
  return toSubject(known, registry, false);
}

/** Sizes of EC keys and rights to issue are not asked of a leaf. */
function toLeafKey(key: NonNullable<Report['key']>): Subject['path']['leafKey'] {
  const { algorithm, curve, size = 0, parameterSet } = key;
  if (curve !== undefined) return { algorithm: 'EC', curve, size };
  if (algorithm === 'RSA') return { algorithm, size, soundForIssuing: true };
  if (parameterSet !== undefined) {
    return { algorithm: 'ML-DSA', parameterSet: parameterSet as 'ML-DSA-65' };
  }
  return { algorithm, unknown: true };
}

function toDescription(described: NonNullable<Report['keyDescription']>): KeyDescription {
  return {
    attestationVersion: described.attestationVersion,
    attestationSecurityLevel: described.attestationSecurityLevel as 'TrustedEnvironment',
    keyMintVersion: described.keyMintVersion,
    keyMintSecurityLevel: described.keyMintSecurityLevel as 'TrustedEnvironment',
    attestationChallenge: fromHex(described.attestationChallenge),
    uniqueId: new Uint8Array(0),
    softwareEnforced: toList(described.softwareEnforced),
    hardwareEnforced: toList(described.hardwareEnforced),
    remarks: [],
  };
}

/** Members of a report stand in encoded order; what it keeps as raw elements has lost its place. */
function toList(list: ReportAuthorizationList): AuthorizationList {
  const fields: Record<string, unknown> = {};
  const tagOrder: number[] = [];
  for (const [name, value] of Object.entries(list)) {
    if (!Object.hasOwn(FIELDS, name)) continue;
    const spec: FieldSpec = FIELDS[name as FieldName];
    fields[name] = toField(spec, value);
    tagOrder.push(spec.tag);
  }
  const raw = (list['malformedTags'] ?? []) as readonly { readonly tag: number }[];
  const malformed = raw.flatMap(({ tag }) =>
    Object.entries(FIELDS)
      .filter(([, spec]) => spec.tag === tag)
      .map(([name]) => ({ name: name as FieldName, tag, offset: 0, der: new Uint8Array(0) })),
  );
  return { fields: fields as AuthorizationFields, unknownTags: [], malformed, tagOrder };
}

function toField(spec: FieldSpec, value: unknown): unknown {
  switch (spec.type) {
    case 'integer':
      return toInteger(spec, value as number | string);
    case 'integerSet':
      return (value as readonly (number | string)[]).map((member) => toInteger(spec, member));
    case 'octets':
      return fromHex(value as string);
    case 'null':
    case 'text':
      return value;
    case 'rootOfTrust': {
      const root = value as ReportRootOfTrust;
      return {
        verifiedBootKey: fromHex(root.verifiedBootKey),
        deviceLocked: root.deviceLocked,
        verifiedBootState: BOOT_STATES.find((state) => state === root.verifiedBootState),
        verifiedBootHash: root.verifiedBootHash === null ? null : fromHex(root.verifiedBootHash),
      };
    }
    case 'applicationId': {
      const id = value as ReportApplicationId;
      return {
        packages: id.packages.map(({ name, version }) => ({ name, version: toNumber(version) })),
        signatureDigests: id.signatureDigests.map(fromHex),
      };
    }
  }
}

function toInteger(spec: FieldSpec, value: number | string): number | bigint {
  const named = spec.enum === undefined ? undefined : enumValueOf(spec.enum, String(value));
  return named ?? toNumber(value);
}

function toNumber(value: number | string): number | bigint {
  return typeof value === 'number' ? value : BigInt(value);
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
