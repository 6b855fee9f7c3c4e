/**
 * A report held against a second opinion. Where the report redacts, only what it shows is compared; a
 * disagreement never says more of a device than the report itself does.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Report, ReportAuthorizationList, ReportRawElement } from '../core/report/index.ts';
import type { AuthorizationList, RawElement } from './authorization-list.ts';
import { sha256Hex } from './bytes.ts';
import type { SecondOpinion } from './opinion.ts';

/** One member on which the two verifiers differ. `ours` is the report's. */
export interface Disagreement {
  /** Path of the member in the report. */
  readonly member: string;
  readonly ours: string;
  readonly theirs: string;
  /** All three in one sentence. */
  readonly text: string;
}

const REDACTED = 'redacted';

/** Members whose values identify a device: never quoted. */
const IDENTIFYING: ReadonlySet<string> = new Set([
  'uniqueId',
  'attestationIdSerial',
  'attestationIdImei',
  'attestationIdMeid',
  'attestationIdSecondImei',
]);

/** Elements kept as they were. */
const RAW_MEMBERS: ReadonlySet<string> = new Set(['unknownTags', 'malformedTags']);

const SCALARS = [
  'attestationVersion',
  'attestationSecurityLevel',
  'keyMintVersion',
  'keyMintSecurityLevel',
  'attestationChallenge',
  'uniqueId',
] as const;

const LISTS = ['softwareEnforced', 'hardwareEnforced'] as const;

/** Differences between a report and a second opinion on the same chain; none when they agree. */
export function compareWithReport(report: Report, opinion: SecondOpinion): readonly Disagreement[] {
  return [
    ...compareVerdict(report, opinion),
    ...compareValue('chain.shape', report.chain.shape, opinion.shape),
    ...compareValue('chain.anchor.id', report.chain.anchor?.id ?? null, opinion.anchorId),
    ...compareKey(report, opinion),
    ...compareCertificates(report, opinion),
    ...compareDescriptions(report, opinion),
  ];
}

/** The report proves a key when it has both an anchor and what the device says of the key. */
function isProven({ chain, keyDescription }: Report): boolean {
  return chain.anchor !== null && keyDescription !== null;
}

function compareVerdict(report: Report, opinion: SecondOpinion): readonly Disagreement[] {
  if (isProven(report) === opinion.verified) return [];
  const codes = report.findings.filter(({ severity }) => severity === 'reject');
  const ours = isProven(report)
    ? 'verified'
    : `refused (${codes.map(({ code }) => code).join(', ')})`;
  const theirs = opinion.verified ? 'verified' : `refused (${opinion.reason})`;
  return [disagreement('proof', ours, theirs)];
}

/** A report names the key only of a verified path. */
function compareKey({ key }: Report, { leafSpkiSha256 }: SecondOpinion): readonly Disagreement[] {
  return key === null ? [] : compareValue('key.spkiSha256', key.spkiSha256, leafSpkiSha256);
}

/** As far as both read them: each stops at the first certificate it cannot read. */
function compareCertificates(
  { chain }: Report,
  { verified, serials, validity }: SecondOpinion,
): readonly Disagreement[] {
  const { certificates } = chain;
  const both = Math.min(certificates.length, serials.length);
  return [
    ...(verified
      ? compareValue('chain.certificates.length', certificates.length, serials.length)
      : []),
    ...certificates.slice(0, both).flatMap(({ serial, notBefore, notAfter }, index) => {
      const place = `chain.certificates[${index}]`;
      const dates = validity[index];
      return [
        ...compareValue(`${place}.serial`, serial, serials[index] ?? null),
        ...compareValue(`${place}.notBefore`, Date.parse(notBefore), dates?.notBefore ?? null),
        ...compareValue(`${place}.notAfter`, Date.parse(notAfter), dates?.notAfter ?? null),
      ];
    }),
  ];
}

/** A verdict that differs was said already; values are compared where both have them. */
function compareDescriptions(report: Report, opinion: SecondOpinion): readonly Disagreement[] {
  const ours = report.keyDescription;
  const theirs = opinion.keyDescription;
  if (ours === null || theirs === null) return [];
  return [
    ...SCALARS.flatMap((name) =>
      compareValue(`keyDescription.${name}`, ours[name], theirs[name], name),
    ),
    ...LISTS.flatMap((name) => compareLists(`keyDescription.${name}`, ours[name], theirs[name])),
  ];
}

function compareLists(
  place: string,
  ours: ReportAuthorizationList,
  theirs: AuthorizationList,
): readonly Disagreement[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].flatMap((name) =>
    RAW_MEMBERS.has(name)
      ? compareSummaries(`${place}.${name}`, summariesOf(ours[name]), summariesOf(theirs[name]))
      : compareValue(`${place}.${name}`, ours[name], theirs[name], name),
  );
}

/** The digest of an identifier is hidden where the identifier is. */
function compareSummaries(
  place: string,
  ours: readonly Summary[],
  theirs: readonly Summary[],
): readonly Disagreement[] {
  const shown = theirs.map((each, at) =>
    ours[at]?.sha256 === REDACTED ? { ...each, sha256: REDACTED } : each,
  );
  return compareValue(place, ours, shown);
}

/** What even a redacted report shows of elements it does not read. */
function summariesOf(elements: unknown): readonly Summary[] {
  return ((elements ?? []) as readonly (ReportRawElement | RawElement)[]).map((element) => {
    if (!('der' in element)) return element;
    const der = Buffer.from(element.der, 'hex');
    return { tag: element.tag, length: der.length, sha256: sha256Hex(der) };
  });
}

interface Summary {
  readonly tag: number;
  readonly length: number;
  readonly sha256: string;
}

function compareValue(
  member: string,
  ours: unknown,
  theirs: unknown,
  name: string = member,
): readonly Disagreement[] {
  if (ours === REDACTED || isDeepStrictEqual(ours, theirs)) return [];
  return [disagreement(member, show(name, ours), show(name, theirs))];
}

function show(name: string, value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  return IDENTIFYING.has(name) ? 'a value that is not shown' : JSON.stringify(value);
}

function disagreement(member: string, ours: string, theirs: string): Disagreement {
  const text = `${member}: the report says ${ours}, the second verifier ${theirs}`;
  return { member, ours, theirs, text };
}
