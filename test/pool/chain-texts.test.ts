/** Chains found by their texts: the same answers, and only for the very same texts. */
import { beforeAll, describe, expect, test } from 'vitest';
import { buildAnchorSet } from '../../src/core/anchors/index.ts';
import { type Proof, prove } from '../../src/core/prove.ts';
import { ChainTexts } from '../../src/pool/chain-texts.ts';
import { createMemory, type WorkerMemory } from '../../src/pool/memory.ts';
import { parseVerifyRequest } from '../../src/request/index.ts';
import { attest, makeWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like', 'chain texts');
});

function textsOf(chain: readonly Uint8Array[]): string[] {
  return chain.map((der) => Buffer.from(der).toString('base64'));
}

/** As a worker does it. */
function ask(texts: readonly string[], memory: WorkerMemory, anchors = world.anchors): Proof {
  const parsed = parseVerifyRequest(JSON.stringify({ chain: texts }), memory.readChain);
  if (!parsed.ok) throw new Error(parsed.fault.text);
  const { chain, chainTexts } = parsed.request;
  const proof = prove(chain, anchors, memory);
  if (proof.recalled === 'digest' && chainTexts !== null) memory.keepTexts(chainTexts, proof);
  return proof;
}

describe('a worker', () => {
  test('knows a chain by its digest at the third time, and by its texts at the fourth', () => {
    const memory = createMemory();
    const texts = textsOf(attest(world).chain);
    const proofs = Array.from({ length: 5 }, () => ask(texts, memory));
    expect(proofs.map(({ recalled }) => recalled)).toEqual([
      undefined,
      undefined,
      'digest',
      'chain',
      'chain',
    ]);
    for (const { evidenceDigest, path } of proofs) {
      expect(path.ok).toBe(true);
      expect(evidenceDigest).toBe(proofs[0]?.evidenceDigest);
    }
  });

  test('decodes anew what differs in a character, in order or in length', () => {
    const memory = createMemory();
    const { chain } = attest(world);
    const texts = textsOf(chain);
    for (let times = 0; times < 4; times += 1) ask(texts, memory);
    const [leaf = new Uint8Array(), ...others] = chain;
    const changed = leaf.with(-80, (leaf.at(-80) as number) ^ 1);
    const cases = [
      textsOf([changed, ...others]),
      texts.slice(0, -1),
      [...texts, texts[0] as string],
      texts.with(1, texts[2] as string),
    ];
    for (const each of cases) {
      const fresh = parseVerifyRequest(JSON.stringify({ chain: each }));
      const proof = ask(each, memory);
      expect(proof.recalled).toBeUndefined();
      expect(fresh.ok && prove(fresh.request.chain, world.anchors)).toMatchObject({
        evidenceDigest: proof.evidenceDigest,
        path: { ok: proof.path.ok },
      });
    }
  });

  test('proves a chain again under other anchors, and once its proof is forgotten', () => {
    const memory = createMemory({ uppers: 8, attestations: 8, proofs: 1, descriptions: 8 });
    const texts = textsOf(attest(world).chain);
    for (let times = 0; times < 4; times += 1) ask(texts, memory);
    const sources = world.anchors.anchors.map(({ record, certificates }) => ({
      record,
      certificates: certificates.map(({ bytes }) => bytes),
    }));
    expect(ask(texts, memory, buildAnchorSet(sources, [])).effort.signaturesChecked).toBe(4);
    const other = textsOf(attest(world).chain);
    for (let times = 0; times < 3; times += 1) ask(other, memory);
    expect(ask(texts, memory).effort.signaturesChecked).toBeGreaterThan(0);
  });
});

test('of two chains whose leaves end alike each is only itself', () => {
  const known = new ChainTexts(8);
  const [a, b] = [[new Uint8Array([1])], [new Uint8Array([2])]];
  const end = 'A'.repeat(16);
  known.keep([`1${end}`], a);
  expect(known.recall([`2${end}`])).toBeUndefined();
  known.keep([`2${end}`], b);
  expect(known.recall([`2${end}`])).toBe(b);
  expect(known.recall([`1${end}`])).toBeUndefined();
  expect(known.recall([`2${end}`, 'AAAA'])).toBeUndefined();
  expect(known.recall([])).toBeUndefined();
});
