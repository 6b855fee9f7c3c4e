/** `attest anchors calendar`: when anchors and known intermediates run out. */
import { loadConfig } from '../config.ts';
import { loadBuiltInAnchors } from '../sources/anchors.ts';
import { expiryCalendar } from '../sources/expiry-calendar.ts';
import { EXIT, type Io } from './io.ts';

/** Whether a date decides is the anchor's record's to say; this is for planning. */
export function showCalendar(options: { readonly format?: 'text' | 'json' }, io: Io): number {
  const { anchors } = loadBuiltInAnchors(loadConfig().environment).material;
  for (const entry of expiryCalendar(anchors, io.now())) {
    const { kind, anchor, subject, notAfter, daysLeft } = entry;
    const left = daysLeft < 0 ? 'has run out' : `${daysLeft} days`;
    io.out(
      options.format === 'json'
        ? `${JSON.stringify(entry)}\n`
        : `${notAfter.slice(0, 10)}  ${left.padEnd(11)}  ${kind.padEnd(12)}  ${anchor}  ${subject}\n`,
    );
  }
  return EXIT.accept;
}
