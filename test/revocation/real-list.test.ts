/** Google's real lists: every serial is found in every form a certificate can carry it, and no other. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileSnapshot, lookUpSerial, parseStatusList } from '../../src/core/revocation/index.ts';

const FOLDER = path.resolve('../shared/status');
const FILES = ['google-status-2026-03-23.json', 'google-status-2026-05-24.json'];
const isHere = existsSync(path.join(FOLDER, FILES[0] as string));
if (!isHere) console.warn(`no real status lists: ${FOLDER} is not there`);

/** Content of the INTEGER: DER, and what writers that pad, or forget to, make of it. */
function formsOf(serial: string): Buffer[] {
  const even = serial.length % 2 === 0 ? serial : `0${serial}`;
  const bytes = Buffer.from(even, 'hex');
  const der = (bytes[0] as number) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return [der, bytes, Buffer.concat([Buffer.of(0), der]), Buffer.concat([Buffer.alloc(8), bytes])];
}

describe.runIf(isHere)('the list of', () => {
  test.each(FILES)('%s', (file) => {
    const entries = parseStatusList(readFileSync(path.join(FOLDER, file), 'utf8'));
    const snapshot = compileSnapshot([
      { id: 'real', feed: 'f', anchors: ['google'], fetchedAt: 0, refreshAfterMs: 0, entries },
    ]);
    expect(entries.length).toBeGreaterThan(1600);
    const missed: string[] = [];
    for (const { serial, status, reason } of entries) {
      for (const form of formsOf(serial)) {
        const listing = lookUpSerial(snapshot, 'google', form);
        if (listing?.status !== status || listing.reason !== reason) missed.push(serial);
      }
    }
    expect(missed).toEqual([]);
    // Forms that matter are there: an odd number of digits, a high bit, digits only.
    expect(entries.filter(({ serial }) => serial.length % 2 === 1).length).toBeGreaterThan(500);
    expect(entries.filter(({ serial }) => /^[89a-f].(..)*$/.test(serial)).length).toBeGreaterThan(
      100,
    );
    expect(entries.filter(({ serial }) => /^\d+$/.test(serial)).length).toBeGreaterThan(900);

    const listed = new Set(entries.map(({ serial }) => serial));
    let found = 0;
    for (let round = 0; round < 100_000; round += 1) {
      const bytes = randomBytes(8 + (round % 13));
      const serial = bytes.toString('hex').replace(/^0+(?=.)/, '');
      const isFound = lookUpSerial(snapshot, 'google', bytes) !== null;
      if (isFound !== listed.has(serial)) found += 1;
    }
    expect(found).toBe(0);
  });
});
