/** A report as JSON text, without writing again what was written for the same proof or decision before. */
import type { Report, ReportEligibility, ReportParts } from './report.ts';

/** `JSON.stringify(report)`, to the octet. `parts` are those of the proof that the report is about. */
export function toReportText(report: Report, parts: ReportParts): string {
  let text = '';
  for (const name of Object.keys(report) as (keyof Report)[]) {
    const value =
      name === 'eligibility' ? eligibilityText(report[name]) : textOf(report[name], parts);
    text += `${text === '' ? '{' : ','}"${name}":${value}`;
  }
  return `${text}}`;
}

/** Most devices of a fleet get the very decisions of the one before. */
const ELIGIBILITY_TEXTS = new WeakMap<readonly ReportEligibility[], string>();

function eligibilityText(eligibility: readonly ReportEligibility[]): string {
  let text = ELIGIBILITY_TEXTS.get(eligibility);
  if (text === undefined) {
    text = JSON.stringify(eligibility);
    ELIGIBILITY_TEXTS.set(eligibility, text);
  }
  return text;
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
