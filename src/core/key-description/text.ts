/** OCTET STRINGs that hold UTF-8 text. */
import { toLatin1 } from '../base/index.ts';
import { type DerReader, OCTET_STRING } from '../der/index.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads an OCTET STRING of UTF-8; anything else is refused, never replaced (THREATS B23, T30). */
export function readUtf8(reader: DerReader): string {
  reader.read(OCTET_STRING);
  const { bytes, from, to } = reader;
  for (let at = from; at < to; at += 1) if ((bytes[at] as number) >= 0x80) return decode(reader);
  return toLatin1(bytes, from, to);
}

function decode(reader: DerReader): string {
  try {
    return UTF8.decode(reader.bytes.subarray(reader.from, reader.to));
  } catch {
    return reader.fail('K_FIELD_UNREADABLE');
  }
}
