/** What the digest of evidence is over is the same however a chain came, and nobody else's memory. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../../bench/measure.ts';
import { type ChainBytes, frame, parseChainText } from '../../src/core/evidence/index.ts';

const chains = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), {
  minLength: 1,
  maxLength: 6,
});

function read(chain: ChainBytes): ChainBytes {
  const parsed = parseChainText(chain.map((each) => Buffer.from(each).toString('base64')));
  if (!parsed.ok) throw new Error(parsed.fault.text);
  return parsed.chain;
}

test('each certificate behind its length, read from texts or copied', () => {
  fc.assert(
    fc.property(chains, (chain) => {
      const expected = Buffer.concat(
        chain.flatMap((each) => [Buffer.from([0, 0, 0, each.length]), Buffer.from(each)]),
      );
      const sent = read(chain);
      for (const framed of [frame(chain), frame(sent)]) {
        expect(Buffer.from(framed.framed)).toEqual(expected);
        expect(framed.certificates.map((each) => [...each])).toEqual(
          chain.map((each) => [...each]),
        );
      }
      expect(frame(sent).certificates).toBe(sent);
    }),
  );
});

test('a long certificate', () => {
  const long = new Uint8Array(0x01_02_03).fill(7);
  for (const chain of [[long], read([long])]) {
    expect([...frame(chain).framed.subarray(0, 5)]).toEqual([0, 1, 2, 3, 7]);
  }
});

test('bytes that others hold are copied, also those of a chain made of parts of one that was read', () => {
  const sent = read([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  const parts = sent.slice(0, 1);
  const { framed, certificates } = frame(parts);
  expect([...framed]).toEqual([0, 0, 0, 2, 1, 2]);
  for (const each of sent) each.fill(0xff);
  expect([...framed]).toEqual([0, 0, 0, 2, 1, 2]);
  expect([...(certificates[0] ?? [])]).toEqual([1, 2]);
});

test('no two chains have the same memory', () => {
  const chain = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  const [one, other] = [read(chain), read(chain)];
  for (const each of one) each.fill(0xff);
  expect(other.map((each) => [...each])).toEqual([[1, 2], [3]]);
});

test('nothing of a chain outlives it: its memory is free again without a look through the whole heap', () => {
  const texts = Array.from({ length: 4 }, () => Buffer.alloc(700, 1).toString('base64'));
  const octetsAfterMany = (): number => {
    for (let count = 0; count < 20_000; count += 1) {
      const parsed = parseChainText(texts);
      if (!parsed.ok) throw new Error(parsed.fault.text);
      frame(parsed.chain);
      // What else a request leaves: the young generation fills up between one chain and the next.
      Array.from({ length: 200 }, (_, index) => ({ index }));
    }
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = octetsAfterMany();
  const after = Math.max(octetsAfterMany(), octetsAfterMany(), octetsAfterMany());
  expect(after - before).toBeLessThan(2_000_000);
});
