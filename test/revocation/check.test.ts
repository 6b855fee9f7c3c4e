/** Which of several copies of a list counts, and from when on it is too old. */
import { beforeAll, expect, test } from 'vitest';
import { compileSnapshot, type RevocationList } from '../../src/core/revocation/index.ts';
import { AT, attest, codesOf, makeWorld, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

const DAY_MS = 86_400_000;

function copy(changes: Partial<RevocationList>): RevocationList {
  return {
    id: 'copy',
    feed: 'simulated-status',
    anchors: ['simulated-google-ec'],
    fetchedAt: AT,
    refreshAfterMs: DAY_MS,
    entries: [],
    ...changes,
  };
}

function judged(...copies: RevocationList[]) {
  return reportOn(world, attest(world), 'android-hardware', {
    revocation: compileSnapshot(copies),
  });
}

test('the freshest copy of a feed counts, whatever the order', () => {
  const old = copy({ id: 'old', fetchedAt: AT - 100 * DAY_MS });
  const fresh = copy({ id: 'fresh', fetchedAt: AT - DAY_MS });
  for (const copies of [
    [old, fresh],
    [fresh, old],
  ]) {
    const report = judged(...copies);
    expect(report.outcome).toBe('accept');
    expect(report.revocation.snapshot).toMatchObject({
      ageSeconds: 86_400,
      sources: copies.map(({ id }) => id),
    });
  }
});

test('an operator’s own list stands in for any feed and has no age', () => {
  const old = copy({ fetchedAt: AT - 100 * DAY_MS });
  const operator = copy({ id: 'mine.json', feed: 'operator', anchors: 'all', fetchedAt: null });
  for (const copies of [
    [old, operator],
    [operator, old],
  ]) {
    expect(judged(...copies)).toMatchObject({
      outcome: 'accept',
      revocation: { status: 'good', snapshot: { fetchedAt: null, ageSeconds: null } },
    });
  }
});

test('fresh up to a day past its refresh time, stale a millisecond later', () => {
  expect(judged(copy({ fetchedAt: AT - 2 * DAY_MS })).outcome).toBe('accept');
  const stale = judged(copy({ fetchedAt: AT - 2 * DAY_MS - 1 }));
  expect(stale.outcome).toBe('inconclusive');
  expect(codesOf(stale)[0]).toBe('REVOCATION_LIST_STALE');
  expect(stale.revocation.status).toBe('good');
});

test('a list from the future has no age to trust', () => {
  expect(judged(copy({ fetchedAt: AT + 300_000 })).outcome).toBe('accept');
  const future = judged(copy({ fetchedAt: AT + 300_001 }));
  expect(future.outcome).toBe('inconclusive');
  expect(codesOf(future)[0]).toBe('REVOCATION_LIST_STALE');
});

test('without a list for the anchor the status is unknown, not good', () => {
  const report = judged();
  expect(report.revocation).toMatchObject({ checked: false, status: null });
  expect(report.trustState).toBe('INACTIVE');
});

test('a listed key is rejected also where the list is stale or another one is missing', async () => {
  const evidence = attest(world, {}, { defect: 'revoked' });
  const serial = '4badc0de00000000000000000000dead';
  const entries = [{ serial, status: 'revoked' as const, reason: null }];
  for (const list of [copy({ entries, fetchedAt: 0 }), copy({ entries, feed: 'another' })]) {
    const report = reportOn(world, evidence, 'android-hardware', {
      revocation: compileSnapshot([list]),
    });
    expect(report.outcome).toBe('reject');
    expect(report.revocation.status).toBe('revoked');
  }
});
