/** Marks in process: once, never evicted, forgotten only when their challenge is over everywhere. */
import { expect, test } from 'vitest';
import { MARK_MARGIN_MS } from '../../src/challenge/marks.ts';
import { ProcessMarks } from '../../src/challenge/process-marks.ts';
import { AT } from '../support/world.ts';

function marksAt(capacity: number) {
  const time = { now: AT };
  return { time, marks: new ProcessMarks({ capacity, clock: () => time.now }) };
}

const claim = (id: string, issuedAt = AT) => ({ id, issuedAt, expiresAt: issuedAt + 300_000 });

test('of many uses exactly one is the first', async () => {
  const { marks } = marksAt(10);
  const taken = await Promise.all(Array.from({ length: 50 }, () => marks.take(claim('a'))));
  expect(taken.filter((each) => each === 'taken')).toHaveLength(1);
  expect(taken.filter((each) => each === 'used')).toHaveLength(49);
});

test('a flood evicts no mark: a full memory takes none and stops issuing', async () => {
  const { marks } = marksAt(100);
  for (let made = 0; made < 100; made += 1) {
    expect(marks.whyNotIssuing()).toBeNull();
    expect(await marks.take(claim(`mark ${made}`))).toBe('taken');
  }
  for (let made = 0; made < 1000; made += 1) {
    expect(await marks.take(claim(`flood ${made}`))).toBe('unavailable');
  }
  expect(marks.whyNotIssuing()).toMatch(/full/);
  for (let made = 0; made < 100; made += 1) {
    expect(await marks.take(claim(`mark ${made}`))).toBe('used');
  }
});

test('a mark outlives its challenge by the margin for clocks, then makes room', async () => {
  const { marks, time } = marksAt(1);
  await marks.take(claim('a'));
  time.now = AT + 300_000 + MARK_MARGIN_MS - 1;
  expect(await marks.take(claim('a'))).toBe('used');
  expect(marks.whyNotIssuing()).not.toBeNull();
  time.now = AT + 300_000 + MARK_MARGIN_MS + 1000;
  expect(marks.whyNotIssuing()).toBeNull();
  expect(await marks.take(claim('b', time.now))).toBe('taken');
  await marks.close();
});

test('challenges older than the memory are refused', async () => {
  const { marks } = marksAt(1);
  expect(await marks.take(claim('a', AT - 1))).toBe('lost');
  expect(await marks.take(claim('a', AT))).toBe('taken');
});
