/** The README: its tables as the code has them, and its commands. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FINDING_CODES } from '../../src/core/base/index.ts';
import { ENIGM_ELIGIBILITY } from '../../src/core/policy/builtin-eligibility.ts';
import type { ActionNeeds } from '../../src/core/policy/index.ts';
import { PRODUCTION_REQUIREMENTS, TRUST_INPUT_TABLE } from '../../src/core/posture/index.ts';
import { SETTINGS } from '../../src/settings.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { JUDGED_VECTORS } from '../vectors/judged.ts';
import { POLICY_CASES } from '../vectors/policy-cases.ts';
import { rulesOfFormat as policyRules } from '../vectors/policy-rules.ts';
import { RULES, SHOWN_ELSEWHERE } from '../vectors/rules.ts';

export const README = path.resolve('README.md');

type Rows = readonly (readonly string[])[];

/** The tables that the code writes, by name. */
const TABLES: Readonly<Record<string, () => Rows>> = {
  settings: () => [
    ['setting', 'variable', 'default', 'what it is'],
    ...Object.entries(SETTINGS).map(([name, { variable, defaultText, text }]) => [
      `\`${name}\``,
      `\`${variable}\``,
      defaultText,
      text,
    ]),
  ],
  codes: () => [
    ['code', 'stage', 'severity', 'class', 'again?', 'what', 'tell'],
    ...Object.entries(FINDING_CODES).map(([code, entry]) => [
      `\`${code}\``,
      entry.stage,
      entry.severity,
      entry.failureClass ?? '',
      entry.retryable ? 'yes' : '',
      entry.text,
      entry.disclosure,
    ]),
  ],
  threats: () => [
    ['rule', 'threat, mistake or quirk', 'shown by'],
    ...Object.entries(RULES).map(([rule, title]) => [rule, title, shownBy(rule)]),
  ],
  requirements: () => [
    ['requirement', 'shown by', 'refused with', 'not shown', 'proved by'],
    ...PRODUCTION_REQUIREMENTS.map(({ title, shownBy, refusedBy, notShown, provedBy }) => [
      title,
      shownBy,
      codeList(refusedBy),
      notShown,
      provedBy,
    ]),
  ],
  inputs: () => [
    ['trust input', 'from', 'shown by', 'refused with', 'proved by'],
    ...Object.entries(TRUST_INPUT_TABLE).map(([id, entry]) => [
      `${entry.title} (\`${id}\`)`,
      BASES[entry.restsOn.kind === 'layer' ? entry.restsOn.layer : entry.restsOn.kind] ??
        'attestation',
      entry.shownBy,
      codeList(entry.refusedBy) || 'cannot be evidenced by attestation',
      entry.provedBy,
    ]),
  ],
  actions: () => [
    ['action', 'layers', 'release', 'the caller says'],
    ...Object.entries(ENIGM_ELIGIBILITY).map(([action, needs]) => [
      `\`${action}\``,
      needs.layers.join(', '),
      describeRelease(needs),
      describeSaid(needs),
    ]),
  ],
  policyRules: () => [
    ['rule', 'what passes', 'what is said otherwise'],
    ...policyRules().map(({ place, description }) => [
      `\`${place}\``,
      description,
      [
        ...new Set(
          POLICY_CASES.filter(({ rule }) => rule === place).map(({ code }) => `\`${code}\``),
        ),
      ].join(', '),
    ]),
  ],
  limits: () => [['limit', 'value', 'why'], ...limitsOf()],
};

/** Where an input comes from, unless from attestation. */
const BASES: Readonly<Record<string, string>> = {
  verdict: 'the verdict',
  statement: 'a statement of the device',
  'trust-security-center': 'a statement of the device',
};

function codeList(codes: readonly string[]): string {
  return codes.map((code) => `\`${code}\``).join(', ');
}

function describeRelease({ release }: ActionNeeds): string {
  if (release === null) return 'any';
  const { stages, maxReleasesBehind } = release;
  const distance = maxReleasesBehind === null ? '' : `, at most ${maxReleasesBehind} behind`;
  return `${stages.join(', ')}${distance}`;
}

function describeSaid({ lifecycle, enrolled, channel }: ActionNeeds): string {
  return [
    lifecycle === null ? '' : `lifecycle ${lifecycle.join(' or ')}`,
    enrolled === null ? '' : enrolled ? 'enrolled' : 'not enrolled',
    channel ? 'the channel of its release' : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** The README with every table as the code has it now. */
export function withTables(text: string): string {
  return text.replaceAll(
    /<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g,
    (_, name: string) => `<!-- table: ${name} -->\n${toMarkdown(tableNamed(name))}\n<!-- end -->`,
  );
}

/** A block of commands, and what its comment says of it. */
export interface Commands {
  readonly kind: 'run' | 'serve' | 'unmarked';
  /** What must appear in what the block prints. */
  readonly prints: string;
  readonly exitCode: number;
  readonly text: string;
}

export function commandsIn(text: string): Commands[] {
  const blocks = text.matchAll(
    /(?:<!-- (run|serve): (?:exit (\d+), prints |listens on )?(.*?) -->\n)?```sh\n([\s\S]*?)```/g,
  );
  return [...blocks].map(([, kind, exitCode, prints, block]) => ({
    kind: (kind ?? 'unmarked') as Commands['kind'],
    prints: prints ?? '',
    exitCode: Number(exitCode ?? 0),
    text: block ?? '',
  }));
}

function tableNamed(name: string): Rows {
  const table = TABLES[name];
  if (table === undefined) throw new RangeError(`no table ${name}`);
  return table();
}

/** Codes of the vectors of a rule, or where else it is shown. */
function shownBy(rule: string): string {
  const vectors = [...DEFECTS, ...JUDGED_VECTORS].filter((vector) => vector.rule === rule);
  const cases = POLICY_CASES.filter(({ threat }) => threat === rule);
  const codes = new Set([
    ...vectors.map(({ expects }) => (expects === 'nothing' ? 'accepted' : `\`${expects.code}\``)),
    ...cases.map(({ code }) => `\`${code}\``),
  ]);
  return codes.size > 0 ? [...codes].join(', ') : (SHOWN_ELSEWHERE[rule] ?? '');
}

/** Constants of limits.ts with the comments above them; a comment may stand for several. */
function limitsOf(): Rows {
  const source = readFileSync('src/core/base/limits.ts', 'utf8');
  const groups = source.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n((?:export const \w+ = [^;]+;\n)+)/g,
  );
  return [...groups].flatMap(([, comment = '', constants = '']) => {
    const why = comment
      .replaceAll(/\n? \* ?/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
    return [...constants.matchAll(/export const (\w+) = ([^;]+);/g)].map(([, name, value]) => [
      `\`${name}\``,
      `\`${value}\``,
      why,
    ]);
  });
}

function toMarkdown([header = [], ...rows]: Rows): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
