/**
 * One list of authorizations. Deviations that genuine devices need: any order of tags, tags that are not
 * known, and fields of another type as long as nothing rests on them (THREATS B13 to B16, B22).
 */
import type { ReportField } from '../core/report/index.ts';
import { toHex } from './bytes.ts';
import { type Element, readChildren, readElement } from './elements.ts';
import { readFieldValue } from './field-values.ts';
import { FIELDS, type Field } from './fields.ts';
import { MAX_LIST_ELEMENTS } from './limits.ts';
import { BadSet } from './members.ts';
import { Refusal, refuse } from './refusal.ts';

/** An element that is kept as it was. */
export interface RawElement {
  readonly tag: number;
  /** The whole element in lower-case hex. */
  readonly der: string;
}

export type AuthorizationList = Readonly<Record<string, ReportField | RawElement[]>>;

export function readAuthorizationList(element: Element, what: string): AuthorizationList {
  const elements = readChildren(element, 'sequence', what);
  if (elements.length > MAX_LIST_ELEMENTS) refuse(`${what}: more elements than any device writes`);
  const fields: Record<string, ReportField | RawElement[]> = {};
  const unknown: RawElement[] = [];
  const malformed: RawElement[] = [];
  const seen = new Set<number>();
  for (const each of elements) {
    if (each.tagClass !== 'context' || !each.constructed)
      refuse(`${what}: a field without its tag`);
    if (seen.has(each.tag)) refuse(`${what}: tag ${each.tag} stands twice`);
    seen.add(each.tag);
    const field = FIELDS.get(each.tag);
    const raw = { tag: each.tag, der: toHex(each.der) };
    const value = field === undefined ? undefined : readField(field, each, `${what}.${field.name}`);
    if (field === undefined) unknown.push(raw);
    else if (value === undefined) malformed.push(raw);
    else fields[field.name] = value;
  }
  if (unknown.length > 0) fields['unknownTags'] = unknown;
  if (malformed.length > 0) fields['malformedTags'] = malformed;
  return fields;
}

/** Undefined when it cannot be read and nothing rests on it. */
function readField(field: Field, wrapper: Element, what: string): ReportField | undefined {
  try {
    return readFieldValue(field.type, readElement(wrapper.content, what), what);
  } catch (error) {
    if (!(error instanceof Refusal) || error instanceof BadSet || field.decides) throw error;
    return undefined;
  }
}
