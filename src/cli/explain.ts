/** `attest explain`: the code table, for people. */
import { FINDING_CODES, type FindingCode } from '../core/base/index.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { columns, styleOf, wrap } from './render/style.ts';

interface ExplainOptions {
  readonly format?: 'text' | 'json';
}

export function explain(code: string | undefined, options: ExplainOptions, io: Io): number {
  if (code === undefined) {
    io.out(options.format === 'json' ? `${JSON.stringify(FINDING_CODES)}\n` : list());
    return EXIT.accept;
  }
  const name = code.toUpperCase();
  if (!Object.hasOwn(FINDING_CODES, name)) {
    throw new UsageFault(`no finding has the code ${code}; without a code, explain lists them all`);
  }
  const entry = FINDING_CODES[name as FindingCode];
  io.out(
    options.format === 'json'
      ? `${JSON.stringify({ code: name, ...entry })}\n`
      : render(name as FindingCode, io),
  );
  return EXIT.accept;
}

function list(): string {
  const rows = Object.entries(FINDING_CODES).map(([code, { severity, text }]) => [
    code,
    severity,
    text,
  ]);
  return `${columns(rows, '')}\n`;
}

function render(code: FindingCode, io: Io): string {
  const style = styleOf(io.colour);
  const entry = FINDING_CODES[code];
  const facts = [
    ['stage', entry.stage],
    ['severity', `${entry.severity}, unless the policy says otherwise`],
    ['class', entry.failureClass ?? 'none'],
    ['try again', entry.retryable ? 'may help' : 'will not help'],
    ['tell', entry.disclosure === 'caller' ? 'the caller' : 'the operator only, never the device'],
  ];
  return `${[
    style.strong(code),
    wrap(`What: ${entry.text}`, '  ', io.width),
    wrap(`Why:  ${entry.why}`, '  ', io.width),
    wrap(`Do:   ${entry.remedy}`, '  ', io.width),
    columns(facts, '  '),
  ].join('\n')}\n`;
}
