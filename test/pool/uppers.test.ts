/** Upper certificates of other threads and earlier runs save signatures, and nobody's word counts for them. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { rememberUppers } from '../../src/core/path/index.ts';
import { prove } from '../../src/core/prove.ts';
import { openKeptUppers } from '../../src/kept-uppers.ts';
import { createMemory } from '../../src/pool/memory.ts';
import { shareUppers, Uppers } from '../../src/pool/shared-uppers.ts';
import { attest, makeWorld, type World } from '../support/world.ts';

let world: World;
let other: World;
/** Leaf, attestation certificate, CA3, CA2, and the root where it is sent. */
let chain: readonly Uint8Array[];
let uppers: readonly Uint8Array[];

beforeAll(async () => {
  world = await makeWorld('google-like', 'uppers');
  other = await makeWorld('enigm-development', 'uppers');
  ({ chain } = attest(world, { provisioning: 'remote' }));
  uppers = chain.slice(2, 4);
});

function signaturesFor(memory = createMemory()): number {
  const { path: proved, effort } = prove(chain, world.anchors, memory);
  expect(proved.ok).toBe(true);
  return effort.signaturesChecked;
}

function flip(der: Uint8Array, at: number): Uint8Array {
  return der.with(at, (der.at(at) as number) ^ 1);
}

describe('rememberUppers', () => {
  test('saves their signatures, in whatever order they come', () => {
    for (const certificates of [uppers, uppers.toReversed()]) {
      const memory = createMemory();
      expect(rememberUppers(certificates, world.anchors, memory.links)).toBe(2);
      expect(signaturesFor(memory)).toBe(2);
    }
    expect(signaturesFor()).toBe(4);
  });

  test('believes nothing that no anchor signed', () => {
    const [lower = new Uint8Array(), upper = new Uint8Array()] = uppers;
    const strange = attest(other, { provisioning: 'remote' }).chain.slice(2, 4);
    const cases: Readonly<Record<string, readonly Uint8Array[]>> = {
      'a bit of the upper one changed': [lower, flip(upper, -3)],
      'the lower one without the upper': [lower],
      'of another root': strange,
      'not certificates': [new Uint8Array(), new Uint8Array(100_000), upper.slice(0, -1)],
    };
    for (const [name, certificates] of Object.entries(cases)) {
      const memory = createMemory();
      expect(rememberUppers(certificates, world.anchors, memory.links), name).toBe(0);
      for (const each of certificates) expect(memory.links.recall(each), name).toBeUndefined();
      expect(signaturesFor(memory), name).toBe(4);
    }
  });

  test('takes no leaf, and none that may not issue', () => {
    const memory = createMemory();
    rememberUppers(chain, world.anchors, memory.links);
    expect(memory.links.recall(chain[0] as Uint8Array)).toBeUndefined();
  });

  test('gives up on a flood of certificates that name an anchor', () => {
    const [, upper = new Uint8Array()] = uppers;
    const flood = Array.from({ length: 1_000 }, () => flip(upper, -3));
    const memory = createMemory();
    expect(rememberUppers([...flood, upper], world.anchors, memory.links)).toBe(0);
  });
});

describe('what threads share', () => {
  test('a thread that starts later verifies what another kept', () => {
    const shared = shareUppers();
    const first = createMemory();
    const links = new Uppers(shared).warm(first.links, world.anchors);
    prove(chain, world.anchors, { ...first, links });
    expect(new Uppers(shared).all()).toHaveLength(2);
    const second = createMemory();
    new Uppers(shared).warm(second.links, world.anchors);
    expect(signaturesFor(second)).toBe(2);
  });

  test('holds each once, and has an end', () => {
    const shared = new Uppers(shareUppers([...uppers, ...uppers]));
    expect(shared.all()).toEqual([...uppers].map((each) => new Uint8Array(each)));
    shared.add(new Uint8Array(10_000));
    expect(shared.all()).toHaveLength(2);
    for (let made = 0; made < 1_000; made += 1) {
      shared.add(Uint8Array.of(made >> 8, made & 0xff));
    }
    expect(shared.all()).toHaveLength(256);
  });
});

describe('what is kept between runs', () => {
  const folder = (): string => mkdtempSync(path.join(tmpdir(), 'uppers-'));

  test('is there at the next start, where the anchors are the same', () => {
    const state = folder();
    const before = openKeptUppers(state, world.anchors);
    for (const each of uppers) new Uppers(before.shared).add(each);
    before.save();
    expect(new Uppers(openKeptUppers(state, world.anchors).shared).all()).toHaveLength(2);
    const elsewhere = openKeptUppers(state, other.anchors);
    expect(new Uppers(elsewhere.shared).all()).toEqual([]);
    elsewhere.save();
    expect(new Uppers(openKeptUppers(state, world.anchors).shared).all()).toEqual([]);
  });

  test('is nothing where the file is junk or the folder cannot be', () => {
    const state = folder();
    const file = path.join(state, 'upper-certificates.pem');
    writeFileSync(file, 'no certificates');
    expect(new Uppers(openKeptUppers(state, world.anchors).shared).all()).toEqual([]);
    const impossible = openKeptUppers(file, world.anchors);
    new Uppers(impossible.shared).add(uppers[0] as Uint8Array);
    expect(impossible.save).not.toThrow();
    expect(readFileSync(file, 'utf8')).toBe('no certificates');
  });
});
