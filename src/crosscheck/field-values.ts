/** Values of single fields of an authorization list, as reports show them. */
import type { ReportField } from '../core/report/index.ts';
import { readApplicationId } from './application-id.ts';
import { toHex } from './bytes.ts';
import type { Element } from './elements.ts';
import type { FieldType, Names } from './fields.ts';
import { MAX_SET_MEMBERS } from './limits.ts';
import { decodeText, readMembers, readUnsigned, toJsonNumber } from './members.ts';
import { refuse } from './refusal.ts';
import { readRootOfTrust } from './root-of-trust.ts';
import { checkNull, readOctetString } from './values.ts';

export function readFieldValue(type: FieldType, element: Element, what: string): ReportField {
  switch (type.kind) {
    case 'integer':
      return readNamed(type, element, what);
    case 'set':
      return readSet(type.names, element, what);
    case 'null':
      checkNull(element, what);
      return true;
    case 'text':
      return decodeText(readOctetString(element, what), what);
    case 'octets':
      return toHex(readOctetString(element, what));
    case 'root-of-trust':
      return readRootOfTrust(element, what);
    case 'application-id':
      return readApplicationId(element, what);
  }
}

function readNamed(
  { names, closed }: { readonly names?: Names; readonly closed?: true },
  element: Element,
  what: string,
): number | string {
  const value = readUnsigned(element, what);
  const name = names?.[String(value)];
  if (name === undefined && closed === true) refuse(`${what}: a value that does not exist`);
  return name ?? toJsonNumber(value);
}

/** SET OF INTEGER. */
function readSet(names: Names, element: Element, what: string): readonly (number | string)[] {
  const values = readMembers(element, MAX_SET_MEMBERS, (each) => readUnsigned(each, what), what);
  return values.map((value) => names[String(value)] ?? toJsonNumber(value));
}
