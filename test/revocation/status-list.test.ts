/** Status lists: what is read, what refuses the whole list, and that every serial is found again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compileSnapshot,
  lookUpSerial,
  parseStatusList,
  type RevocationList,
  type StatusEntry,
  StatusListFault,
} from '../../src/core/revocation/index.ts';

function listOf(entries: Record<string, unknown>): string {
  return JSON.stringify({ entries });
}

describe('parseStatusList', () => {
  test('statuses and reasons', () => {
    const json = listOf({
      '5014131950868983053': { status: 'REVOKED', reason: 'KEY_COMPROMISE' },
      c35747a084470c3135aeefe2b8d40cd6: {
        status: 'SUSPENDED',
        comment: 'x',
        expires: '2030-01-01',
      },
      0: { status: 'OK', reason: null },
    });
    expect(parseStatusList(json)).toEqual<StatusEntry[]>([
      { serial: '0', status: 'unknown', reason: null },
      { serial: '5014131950868983053', status: 'revoked', reason: 'KEY_COMPROMISE' },
      { serial: 'c35747a084470c3135aeefe2b8d40cd6', status: 'suspended', reason: null },
    ]);
  });

  const REVOKED = { status: 'REVOKED' };
  test.each<[string, string]>([
    ['empty text', ''],
    ['a page of a captive portal', '<html><body>Log in</body></html>'],
    ['a truncated list', listOf({ ab: REVOKED }).slice(0, -3)],
    ['no object', '[]'],
    ['null', 'null'],
    ['no entries', '{}'],
    ['entries that are an array', '{"entries":[]}'],
    ['no entry', '{"entries":{}}'],
    ['a key in upper case', listOf({ AB: REVOKED })],
    ['a padded key', listOf({ '0ab': REVOKED })],
    ['a key with a prefix', listOf({ '0xab': REVOKED })],
    ['an empty key', listOf({ '': REVOKED })],
    ['a key longer than a serial', listOf({ ['a'.repeat(41)]: REVOKED })],
    ['a key of prototypes', '{"entries":{"__proto__":{"status":"REVOKED"}}}'],
    ['an entry that is text', listOf({ ab: 'REVOKED' })],
    ['an entry without status', listOf({ ab: {} })],
    ['a status that is no text', listOf({ ab: { status: 1 } })],
    ['a reason that is no text', listOf({ ab: { status: 'REVOKED', reason: 1 } })],
    ['an endless reason', listOf({ ab: { status: 'REVOKED', reason: 'x'.repeat(65) } })],
    ['a key twice', '{"entries":{"ab":{"status":"REVOKED"},"ab":{"status":"SUSPENDED"}}}'],
    [
      'entries twice',
      '{"entries":{"ab":{"status":"REVOKED"}},"entries":{"cd":{"status":"REVOKED"}}}',
    ],
  ])('refuses %s', (_, json) => {
    expect(() => parseStatusList(json)).toThrow(StatusListFault);
  });
});

describe('snapshots', () => {
  const list = (entries: readonly StatusEntry[], changes: Partial<RevocationList> = {}) => ({
    id: 'list',
    feed: 'feed',
    anchors: ['anchor'],
    fetchedAt: 0,
    refreshAfterMs: 0,
    entries,
    ...changes,
  });
  const entry = (serial: string, status: StatusEntry['status'] = 'revoked') => ({
    serial,
    status,
    reason: 'KEY_COMPROMISE',
  });
  const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

  test('a serial is found in every form a certificate can carry it, and nothing else is', () => {
    const snapshot = compileSnapshot([
      list([entry('5014131950868983053'), entry('ff00'), entry('1')]),
    ]);
    for (const form of [
      '05014131950868983053',
      '0005014131950868983053',
      '00ff00',
      '000001',
      '01',
    ]) {
      expect(lookUpSerial(snapshot, 'anchor', hex(form))?.status, form).toBe('revoked');
    }
    for (const form of ['5014131950868983', 'ff', 'ff0000', '00', '', '11']) {
      expect(lookUpSerial(snapshot, 'anchor', hex(form)), form).toBeNull();
    }
    expect(lookUpSerial(snapshot, 'anchor', new Uint8Array(21).fill(1))).toBeNull();
  });

  test('a list counts only for the anchors it speaks about', () => {
    const snapshot = compileSnapshot([
      list([entry('ab')], { id: 'google', anchors: ['google'] }),
      list([entry('cd')], { id: 'operator', anchors: 'all' }),
    ]);
    expect(lookUpSerial(snapshot, 'google', hex('ab'))?.source).toBe('google');
    expect(lookUpSerial(snapshot, 'enigm', hex('ab'))).toBeNull();
    expect(lookUpSerial(snapshot, 'enigm', hex('cd'))?.source).toBe('operator');
  });

  test('the worst of several listings counts, in whatever order they come', () => {
    const orders: StatusEntry['status'][][] = [
      ['suspended', 'revoked', 'unknown'],
      ['unknown', 'suspended', 'revoked'],
    ];
    for (const order of orders) {
      const lists = order.map((status, index) => list([entry('ab', status)], { id: `${index}` }));
      expect(lookUpSerial(compileSnapshot(lists), 'anchor', hex('ab'))?.status).toBe('revoked');
    }
  });

  test('the same lists make the same id, another entry another one', () => {
    const id = (serial: string) => compileSnapshot([list([entry(serial)])]).id;
    expect(id('ab')).toBe(id('ab'));
    expect(id('ab')).not.toBe(id('ac'));
  });

  test('reasons beyond what the table can name are dropped, entries are not', () => {
    const entries = Array.from({ length: 300 }, (_, index) => ({
      serial: (index + 1).toString(16),
      status: 'revoked' as const,
      reason: index % 2 === 0 ? `R${index}` : null,
    }));
    const snapshot = compileSnapshot([
      list([...entries, { serial: 'ffff', status: 'revoked', reason: 'R0' }]),
      list(
        Array.from({ length: 300 }, (_, index) => ({
          ...entry((index + 1000).toString(16)),
          reason: `S${index}`,
        })),
      ),
    ]);
    expect(lookUpSerial(snapshot, 'anchor', hex('01'))?.reason).toBe('R0');
    expect(lookUpSerial(snapshot, 'anchor', hex('02'))?.reason).toBeNull();
    expect(lookUpSerial(snapshot, 'anchor', hex('ffff'))?.reason).toBe('R0');
    expect(lookUpSerial(snapshot, 'anchor', hex('0513'))).toMatchObject({
      status: 'revoked',
      reason: null,
    });
  });

  test('too many lists are refused', () => {
    expect(() => compileSnapshot(Array.from({ length: 255 }, () => list([])))).toThrow(RangeError);
  });

  test('any set of serials: every one is found, and no other', () => {
    const serial = fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }).map((value) => value.toString(16));
    fc.assert(
      fc.property(fc.uniqueArray(serial, { maxLength: 40 }), serial, (serials, other) => {
        const snapshot = compileSnapshot([list(serials.map((each) => entry(each)))]);
        const bytes = (text: string) => hex(text.length % 2 === 0 ? text : `0${text}`);
        for (const each of serials)
          expect(lookUpSerial(snapshot, 'anchor', bytes(each))).not.toBeNull();
        expect(lookUpSerial(snapshot, 'anchor', bytes(other)) !== null).toBe(
          serials.includes(other),
        );
      }),
    );
  });
});
