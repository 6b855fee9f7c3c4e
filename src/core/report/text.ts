/**
 * A report as JSON text, without writing again what was written before: parts that depend on nothing but
 * the proof, for a proof that is remembered; and parts that many reports share.
 */
import type { Report, ReportChain, ReportKeyDescription, ReportParts } from './report.ts';

/** `JSON.stringify(report)`, to the octet. `parts` are those of the proof that the report is about. */
export function toReportText(report: Report, parts: ReportParts): string {
  return writeObject(report, (name, value) => {
    const part = value === null ? undefined : PARTS.find((each) => parts[each] === value);
    if (part === undefined) return write(value);
    parts.texts ??= {};
    parts.texts[part] ??= writePart(name, value);
    return parts.texts[part];
  });
}

const PARTS = ['chain', 'key', 'exposed', 'redacted'] as const;

/** Texts of parts that are the same object in many reports; written when first asked for. */
const KEPT = new WeakMap<object, { text: string | null }>();

/** Makes sure that `part`, which never changes again, is written only once. */
export function keepText(part: object): void {
  KEPT.set(part, { text: null });
}

/** `JSON.stringify(value)`. */
function write(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const kept = KEPT.get(value);
  if (kept === undefined) return JSON.stringify(value);
  kept.text ??= JSON.stringify(value);
  return kept.text;
}

/** The same for a part of a proof, which may hold parts that are kept. */
function writePart(name: string, value: unknown): string {
  if (name === 'chain') return writeChain(value as ReportChain);
  return name === 'keyDescription'
    ? writeKeyDescription(value as ReportKeyDescription)
    : JSON.stringify(value);
}

function writeChain(chain: ReportChain): string {
  return writeObject(chain, (name, value) =>
    name === 'certificates' ? `[${chain.certificates.map(write).join(',')}]` : write(value),
  );
}

function writeKeyDescription(description: ReportKeyDescription): string {
  return writeObject(description, (name, value) =>
    name === 'softwareEnforced'
      ? writeObject(description.softwareEnforced, (_, field) => write(field))
      : write(value),
  );
}

/** A JSON object of the members of `document`, none of which is undefined. */
function writeObject(document: object, writeMember: (name: string, value: unknown) => string): string {
  let text = '';
  for (const [name, value] of Object.entries(document)) {
    text += `${text === '' ? '{' : ','}"${name}":${writeMember(name, value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}
