/** Keys an operator denies: every one of a path is looked up, the anchor's whether or not it was sent. */
import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { prove } from '../../src/core/prove.ts';
import {
  checkBootKeyDenied,
  compileSnapshot,
  type DeniedKey,
  lookUpDeniedKey,
  type RevocationList,
} from '../../src/core/revocation/index.ts';
import { sliceOf } from '../../src/core/x509/index.ts';
import { AT, attest, codesOf, makeWorld, reportOn, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like');
});

const list = (changes: Partial<RevocationList>): RevocationList => ({
  id: 'simulated',
  feed: 'simulated-status',
  anchors: ['simulated-google-ec', 'simulated-google-rsa'],
  fetchedAt: AT,
  refreshAfterMs: 86_400_000,
  entries: [],
  ...changes,
});

const denying = (deniedKeys: readonly DeniedKey[], changes: Partial<RevocationList> = {}) =>
  compileSnapshot([
    list({}),
    list({ id: 'mine', feed: 'local', anchors: 'all', fetchedAt: null, deniedKeys, ...changes }),
  ]);

const hex = (fill: number) => Buffer.alloc(32, fill).toString('hex');

function keyDigests(chain: readonly Uint8Array[]): string[] {
  return prove(chain, world.anchors).certificates.map((certificate) =>
    createHash('sha256').update(sliceOf(certificate, certificate.spki)).digest('hex'),
  );
}

test('the key of every certificate sent is looked up', () => {
  const evidence = attest(world);
  for (const [cert, digest] of keyDigests(evidence.chain).entries()) {
    const revocation = denying([{ kind: 'attestation-key', digest, reason: 'LEAKED' }]);
    const report = reportOn(world, evidence, 'android-hardware', { revocation });
    expect(report).toMatchObject({
      outcome: 'reject',
      trustState: 'INACTIVE',
      revocation: { status: 'revoked' },
    });
    expect(report.findings[0]).toMatchObject({
      code: 'ATTESTATION_KEY_DENIED',
      at: { cert, field: 'subjectPublicKeyInfo' },
      got: 'denied (LEAKED) by mine',
    });
  }
});

test('the anchor’s key also where its certificate was not sent', () => {
  const evidence = attest(world);
  const digest = keyDigests(evidence.chain).at(-1) as string;
  const chain = evidence.chain.slice(0, -1);
  const revocation = denying([{ kind: 'attestation-key', digest, reason: null }]);
  const report = reportOn(world, { ...evidence, chain }, 'inspect', { revocation });
  expect(report.findings[0]).toMatchObject({
    code: 'ATTESTATION_KEY_DENIED',
    at: { field: 'anchor.simulated-google-ec' },
    got: 'denied by mine',
  });
});

test('a deny list stands in for no other list', () => {
  const revocation = compileSnapshot([
    list({ id: 'mine', feed: 'local', anchors: 'all', fetchedAt: null }),
  ]);
  const report = reportOn(world, attest(world), 'android-hardware', { revocation });
  expect(codesOf(report)).toContain('REVOCATION_LIST_UNAVAILABLE');
  expect(report.outcome).toBe('inconclusive');
});

test('a deny list of other anchors says nothing here', () => {
  const evidence = attest(world);
  const [digest = ''] = keyDigests(evidence.chain);
  const key = { kind: 'attestation-key', digest, reason: null } as const;
  const revocation = denying([key], { anchors: ['elsewhere'] });
  expect(reportOn(world, evidence, 'android-hardware', { revocation }).outcome).toBe('accept');
});

test('kinds and digests do not stand in for each other, however many there are', () => {
  const keys = Array.from({ length: 200 }, (_, index) => ({
    kind: index % 2 === 0 ? ('attestation-key' as const) : ('boot-key' as const),
    digest: createHash('sha256').update(`${index}`).digest('hex'),
    reason: index % 3 === 0 ? 'R' : null,
  }));
  const snapshot = denying(keys);
  for (const [index, { kind, digest, reason }] of keys.entries()) {
    const bytes = Buffer.from(digest, 'hex');
    const other = kind === 'boot-key' ? 'attestation-key' : 'boot-key';
    expect(lookUpDeniedKey(snapshot, kind, null, bytes)).toEqual({ reason, source: 'mine' });
    expect(lookUpDeniedKey(snapshot, other, null, bytes)).toBeNull();
    expect(lookUpDeniedKey(snapshot, kind, 'x', Buffer.alloc(32, index))).toBeNull();
  }
  expect(snapshot.sources.map(({ entryCount }) => entryCount)).toEqual([0, 200]);
  expect(snapshot.entryCount).toBe(200);
});

test('boot keys of another length than 32 bytes are on no list', () => {
  const snapshot = denying([{ kind: 'boot-key', digest: hex(7), reason: 'PUBLIC' }]);
  expect(checkBootKeyDenied(hex(7), 'any', snapshot)[0]).toMatchObject({
    got: 'denied (PUBLIC) by mine',
  });
  for (const key of ['', '07', `${hex(7)}07`, hex(8)]) {
    expect(checkBootKeyDenied(key, 'any', snapshot)).toEqual([]);
  }
});

test('a record without root of trust has no boot key to deny', () => {
  const evidence = attest(world, {}, { defect: 'no-root-of-trust' });
  const revocation = denying([{ kind: 'boot-key', digest: hex(7), reason: null }]);
  const report = reportOn(world, evidence, 'inspect', { revocation });
  expect(codesOf(report)).not.toContain('BOOT_KEY_LISTED');
});

test('what is denied is part of a snapshot’s id; when it was fetched is not', () => {
  const id = (...keys: DeniedKey[]) => denying(keys).id;
  const key = { kind: 'boot-key', digest: hex(7), reason: null } as const;
  expect(id(key)).not.toBe(id());
  expect(id(key)).not.toBe(id({ ...key, kind: 'attestation-key' }));
  expect(denying([key]).id).toBe(denying([key], { refreshAfterMs: 5 }).id);
});
