/** A report as JSON text, without writing again what was written for the same proof before. */
import type { Report, ReportParts } from './report.ts';

/** `JSON.stringify(report)`, to the octet. `parts` are those of the proof that the report is about. */
export function toReportText(report: Report, parts: ReportParts): string {
  let text = '';
  for (const name of Object.keys(report) as (keyof Report)[]) {
    const value = report[name];
    text += `${text === '' ? '{' : ','}"${name}":${textOf(value, parts)}`;
  }
  return `${text}}`;
}

function textOf(value: Report[keyof Report], parts: ReportParts): string {
  for (const name of REMEMBERED) {
    if (value !== parts[name]) continue;
    parts.texts ??= {};
    parts.texts[name] ??= JSON.stringify(value);
    return parts.texts[name];
  }
  return JSON.stringify(value);
}

const REMEMBERED = ['chain', 'key', 'exposed', 'redacted'] as const;
