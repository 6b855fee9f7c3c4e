/** A report as something a person enjoys reading: the verdict, why, what to do; then the facts. */
import type { Report, ReportFinding, ReportRootOfTrust } from '../../core/report/index.ts';
import { columns, type Paint, type Style, styleOf, wrap } from './style.ts';

export interface RenderOptions {
  /** Where the evidence came from. */
  readonly title: string;
  readonly colour: boolean;
  readonly width: number;
}

export function renderReport(report: Report, { title, colour, width }: RenderOptions): string {
  const style = styleOf(colour);
  const sections = [
    renderVerdict(report, title, style),
    ...renderFindings(report.findings, style, width),
    renderFacts(report, style),
    renderLayers(report, style),
  ];
  return `${sections.join('\n\n')}\n\n`;
}

const SAYING = {
  accept: 'ACCEPT',
  reject: 'REJECT',
  inconclusive: 'INCONCLUSIVE',
} as const;

function renderVerdict(report: Report, title: string, style: Style): string {
  const { outcome, trustState, chain, policy, evidenceTime } = report;
  const paint: Paint = { accept: style.good, reject: style.bad, inconclusive: style.open }[outcome];
  const anchor =
    chain.anchor === null ? 'no anchor' : `${chain.anchor.id} (${chain.anchor.environment})`;
  const shape = chain.shape === null ? 'no known shape' : `${chain.shape} chain`;
  return [
    `${paint(SAYING[outcome])}  ${style.strong(title)}`,
    `${trustState} under ${policy.id} ${policy.version}, evidence of ${evidenceTime}`,
    `${shape}, ${anchor}`,
  ].join('\n');
}

/** Everything that is more than a remark in full, remarks by name. */
function renderFindings(
  findings: readonly ReportFinding[],
  style: Style,
  width: number,
): readonly string[] {
  const remarks = findings.filter(({ severity }) => severity === 'info');
  const sections = findings
    .filter(({ severity }) => severity !== 'info')
    .map((finding) => renderFinding(finding, style, width));
  if (remarks.length > 0) {
    const names = [...new Set(remarks.map(({ code }) => code))].join(', ');
    sections.push(style.dim(wrap(`remarked: ${names}`, '  ', width)));
  }
  return sections;
}

function renderFinding(finding: ReportFinding, style: Style, width: number): string {
  const { severity, code, text, remedy } = finding;
  const paint = severity === 'reject' ? style.bad : style.open;
  const facts = renderComparison(finding);
  const lines = [
    `  ${paint(severity)}  ${style.strong(code)}${style.dim(renderPlace(finding))}`,
    wrap(text, '      ', width),
    ...(facts === '' ? [] : [wrap(facts, '      ', width)]),
    wrap(`→ ${remedy}`, '      ', width),
  ];
  return lines.join('\n');
}

function renderPlace({ at }: ReportFinding): string {
  const parts = [
    at.cert === undefined ? null : `certificate ${at.cert}`,
    at.field ?? null,
    at.offset === undefined ? null : `byte ${at.offset}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : `  ${parts.join(', ')}`;
}

function renderComparison({ expected, got }: ReportFinding): string {
  const wanted = expected === null ? '' : `expected ${expected}`;
  const found = got === null ? '' : `got ${got === '' ? 'nothing' : got}`;
  return [wanted, found].filter((part) => part !== '').join(', ');
}

function renderFacts(report: Report, style: Style): string {
  const rows: [string, string][] = [
    ['boot', renderBoot(report)],
    ['key', renderKey(report)],
    ['patches', renderPatches(report)],
    ['app', renderApplication(report)],
    ['release', renderRelease(report)],
    ['revocation', renderRevocation(report)],
    ['challenge', report.binding.challenge.replace('_', ' ')],
    ['possession', report.binding.keyPossession.replace('_', ' ')],
    ...renderGrants(report),
  ];
  const known = report.keyDescription === null ? rows.slice(5, 6) : rows;
  return [renderCertificates(report, style), columns(known, '  ')].join('\n\n');
}

function renderCertificates({ chain }: Report, style: Style): string {
  const rows = chain.certificates.map(({ index, role, subject, publicKey, notAfter }) => [
    String(index),
    role ?? 'unverified',
    publicKey,
    notAfter.slice(0, 10),
    subject,
  ]);
  return rows.length === 0 ? style.dim('  no certificate could be read') : columns(rows, '  ');
}

function renderBoot({ keyDescription }: Report): string {
  const rootOfTrust = keyDescription?.hardwareEnforced['rootOfTrust'] as
    | ReportRootOfTrust
    | undefined;
  if (rootOfTrust === undefined) return 'not reported by the hardware';
  const { deviceLocked, verifiedBootState, verifiedBootKey } = rootOfTrust;
  const lock = deviceLocked ? 'locked' : 'UNLOCKED';
  return `${lock}, ${verifiedBootState}, boot key ${abbreviate(verifiedBootKey)}`;
}

function renderKey({ key, keyDescription }: Report): string {
  if (key === null || keyDescription === null) return 'unknown';
  const { algorithm, curve, size, parameterSet, spkiSha256 } = key;
  const kind = parameterSet ?? `${algorithm} ${curve ?? size ?? ''}`.trim();
  const { origin, purpose } = keyDescription.hardwareEnforced;
  const purposes = Array.isArray(purpose) ? purpose.join(' and ') : 'no purpose';
  return `${kind} in ${keyDescription.keyMintSecurityLevel}, ${origin ?? 'of unknown origin'}, for ${purposes}, SPKI ${abbreviate(spkiSha256)}`;
}

function renderPatches({ keyDescription }: Report): string {
  const list = keyDescription?.hardwareEnforced;
  const level = (name: string): string => String(list?.[name] ?? 'absent');
  return `OS ${level('osPatchLevel')}, vendor ${level('vendorPatchLevel')}, boot ${level('bootPatchLevel')}; OS version ${level('osVersion')}`;
}

function renderApplication({ keyDescription }: Report): string {
  const id = keyDescription?.softwareEnforced['attestationApplicationId'] as
    | { packages: readonly { name: string; version: number | string }[] }
    | undefined;
  if (id === undefined) return 'not reported';
  const names = id.packages.map(({ name, version }) => `${name} ${version}`).join(', ');
  return `${names || 'no package'} (as the system says)`;
}

function renderRelease({ release, rollback }: Report): string {
  const seen = `rollback ${rollback.state.replace('_', ' ')}`;
  if (release === null) return `none recognised; ${seen}`;
  const { name, stage, environment, behind } = release;
  if (behind === null) return `${name}, by its boot key alone; ${seen}`;
  const distance =
    behind.releases === 0 ? 'the newest' : `${behind.releases} behind ${behind.latest}`;
  return `${name}, ${stage}, ${environment}, ${distance}; ${seen}`;
}

/** Only where the policy names actions. */
function renderGrants({ eligibility }: Report): [string, string][] {
  if (eligibility.length === 0) return [];
  const granted = eligibility.filter((each) => each.granted).map(({ action }) => action);
  const what = granted.length === 0 ? 'nothing' : granted.join(', ');
  return [['granted', `${what} of ${eligibility.length} actions`]];
}

function renderRevocation({ revocation }: Report): string {
  const { checked, status, snapshot } = revocation;
  if (snapshot === null) return 'not checked';
  const age =
    snapshot.ageSeconds === null
      ? 'current by the operator’s word'
      : `fetched ${snapshot.fetchedAt}, ${Math.floor(snapshot.ageSeconds / 86_400)} days old`;
  const lists = snapshot.sources.join(' and ') || 'no list';
  return `${checked ? status : 'not checked'}; ${snapshot.entries} entries; ${lists}, ${age}`;
}

function renderLayers({ layers }: Report, style: Style): string {
  const paints = {
    satisfied: style.good,
    degraded: style.open,
    failed: style.bad,
    not_evidenced: style.dim,
  };
  const widest = Math.max(...layers.map(({ layer }) => layer.length));
  return layers
    .map(({ layer, state, basis }) => {
      const shown = paints[state](state.replace('_', ' ').padEnd(13));
      return `  ${layer.padEnd(widest)}  ${shown}  ${style.dim(basis)}`;
    })
    .join('\n');
}

function abbreviate(hex: string): string {
  if (hex === '') return 'empty';
  return hex.length > 16 ? `${hex.slice(0, 16)}…` : hex;
}
