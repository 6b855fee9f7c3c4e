/**
 * The extensions of a certificate: read by identifier, each at most once, whatever they hold (THREATS
 * B08, B10, B12, T43). Values stay unread here; an extension that cannot be understood is still there.
 */
import { type Element, isWrapper, readChildren, readElement } from './elements.ts';
import { MAX_EXTENSIONS } from './limits.ts';
import { refuse } from './refusal.ts';
import { readBoolean, readObjectIdentifier, readOctetString } from './values.ts';

export interface Extension {
  readonly der: Uint8Array;
  readonly critical: boolean;
  /** Whether `critical` was a true other than FF, which only a device writes (THREATS B12). */
  readonly isLenient: boolean;
  /** The content of extnValue. */
  readonly value: Uint8Array;
}

export const EXTENSION = {
  keyDescription: '1.3.6.1.4.1.11129.2.1.17',
  provisioningInfo: '1.3.6.1.4.1.11129.2.1.30',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
} as const;

/**
 *     [3] EXPLICIT SEQUENCE OF
 *         SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
 */
export function readWrappedExtensions(
  wrapper: Element | undefined,
  what: string,
): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (wrapper === undefined) return extensions;
  if (!isWrapper(wrapper, 3)) refuse(`${what}: extensions expected`);
  const list = readChildren(readElement(wrapper.content, what), 'sequence', what);
  if (list.length > MAX_EXTENSIONS) refuse(`${what}: too many extensions`);
  for (const element of list) {
    const { identifier, extension } = readExtension(element, `${what}: extensions`);
    if (extensions.has(identifier)) refuse(`${what}: extension ${identifier} stands twice`);
    extensions.set(identifier, extension);
  }
  return extensions;
}

function readExtension(
  element: Element,
  what: string,
): { readonly identifier: string; readonly extension: Extension } {
  const parts = readChildren(element, 'sequence', what);
  const [oid, first, second, ...others] = parts;
  if (oid === undefined || first === undefined || others.length > 0) {
    return refuse(`${what}: an extension of other than two or three parts`);
  }
  const identifier = readObjectIdentifier(oid, what);
  if (second === undefined) {
    return { identifier, extension: toExtension(element, null, first, what) };
  }
  return { identifier, extension: toExtension(element, first, second, what) };
}

function toExtension(
  { der }: Element,
  critical: Element | null,
  value: Element,
  what: string,
): Extension {
  return {
    der,
    critical: critical !== null && readBoolean(critical, 'lenient', what),
    isLenient: critical !== null && ![0x00, 0xff].includes(critical.content[0] ?? 0x00),
    value: readOctetString(value, what),
  };
}
