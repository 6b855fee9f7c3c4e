/**
 * Whatever bytes come: nothing is thrown out of the rooms that parse, no report is missing, and the
 * work is bounded by the size of the input (THREATS T49, B05, B06).
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { newEffort } from '../../src/core/base/index.ts';
import { splitConcatenatedDer } from '../../src/core/evidence/index.ts';
import { judge } from '../../src/core/judge.ts';
import {
  parseProvisioningInfo,
  parseUnverifiedKeyDescription,
} from '../../src/core/key-description/index.ts';
import { parseCertificate, toNameText } from '../../src/core/x509/index.ts';
import { makeExtension } from '../../src/simulator/certificate.ts';
import { explicit, octetString, sequence, setOf, tlv } from '../../src/simulator/der.ts';
import { attest, contextIn, makeWorld, proveIn, reportOn, type World } from '../support/world.ts';

let world: World;
let chain: readonly Uint8Array[];

beforeAll(async () => {
  world = await makeWorld('google-like');
  chain = attest(world).chain;
});

/** Every value has a header of at least two octets, and at most three readers look at it. */
function maxValuesRead(bytes: number): number {
  return 16 + 2 * bytes;
}

/** One signature for each certificate, and one for the root. */
const MAX_SIGNATURES = 8;

function expectBounded(evidence: readonly Uint8Array[]): void {
  const proof = proveIn(world, evidence);
  const size = evidence.reduce((sum, { length }) => sum + length, 0);
  expect(proof.effort.valuesRead).toBeLessThanOrEqual(maxValuesRead(size));
  expect(proof.effort.signaturesChecked).toBeLessThanOrEqual(MAX_SIGNATURES);
  const challenge = new Uint8Array(1);
  const report = judge(proof, contextIn(world, 'android-hardware', { challenge }));
  expect(['accept', 'reject', 'inconclusive']).toContain(report.outcome);
  JSON.stringify(report);
}

const derLike = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.uint8Array({ maxLength: 40 }).map((bytes) => octetString(bytes)),
    fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 20 }))
      .map(([tag, bytes]) => tlv(tag, bytes)),
    fc
      .array(tie('value') as fc.Arbitrary<Uint8Array>, { maxLength: 5 })
      .map((parts) => sequence(...parts)),
    fc
      .array(tie('value') as fc.Arbitrary<Uint8Array>, { maxLength: 5 })
      .map((parts) => setOf(...parts)),
    fc
      .tuple(fc.integer({ min: 0, max: 1000 }), tie('value') as fc.Arbitrary<Uint8Array>)
      .map(([tag, part]) => explicit(tag, part)),
  ),
})).value as fc.Arbitrary<Uint8Array>;

describe('arbitrary input', () => {
  test('bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 9 }), expectBounded),
      { numRuns: 500 },
    );
  });

  test('values that look like DER', () => {
    fc.assert(fc.property(fc.array(derLike, { maxLength: 5 }), expectBounded), { numRuns: 500 });
  });

  test('real certificates with bytes changed', () => {
    const change = fc.tuple(fc.nat({ max: 4 }), fc.nat(), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = chain.map((der) => der.slice());
        for (const [cert, at, value] of changes) {
          const der = changed[cert] as Uint8Array;
          der[at % der.length] = value;
        }
        expectBounded(changed);
      }),
      { numRuns: 500 },
    );
  });

  test('any KeyDescription in a leaf', () => {
    const template = attest(world, {}, { defect: 'no-attestation' }).chain[0] as Uint8Array;
    const parsed = parseCertificate(template, 0, newEffort());
    expect(parsed.ok).toBe(true);
    fc.assert(
      fc.property(derLike, (value) => {
        const bytes = makeExtension('1.3.6.1.4.1.11129.2.1.17', value);
        if (!parsed.ok) return;
        const at = bytes.length - value.length;
        const extensions = {
          ...parsed.value.extensions,
          values: { keyDescription: { start: at, end: bytes.length } },
        };
        const effort = newEffort();
        parseUnverifiedKeyDescription({ ...parsed.value, bytes, extensions }, 0, effort);
        expect(effort.valuesRead).toBeLessThanOrEqual(maxValuesRead(bytes.length));
      }),
      { numRuns: 500 },
    );
  });

  test('any ProvisioningInfo', () => {
    const parsed = parseCertificate(chain[1] as Uint8Array, 1, newEffort());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        if (!parsed.ok) throw new Error('the simulator made no certificate');
        const extensions = {
          ...parsed.value.extensions,
          values: { provisioningInfo: { start: 0, end: bytes.length } },
        };
        parseProvisioningInfo({ ...parsed.value, bytes, extensions }, 1);
      }),
      { numRuns: 2000 },
    );
  });

  test('concatenated DER is split into exactly the bytes that came', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        expect(Buffer.concat(splitConcatenatedDer(bytes) as Uint8Array[])).toEqual(
          Buffer.from(bytes),
        );
      }),
    );
  });
});

describe('input made to be expensive', () => {
  test('nesting of any depth is not descended into', () => {
    let nested = octetString(new Uint8Array(0));
    for (let depth = 0; depth < 3000; depth += 1) nested = sequence(nested);
    expectBounded([nested, ...chain.slice(1)]);
    expect(
      reportOn(world, { chain: [nested], challenge: new Uint8Array(1) }, 'inspect').outcome,
    ).toBe('reject');
  });

  test('lengths that promise gigabytes allocate nothing', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (const header of ['3084ffffffff', '308480000000', '04847fffffff']) {
      expectBounded([new Uint8Array(Buffer.from(header, 'hex'))]);
    }
    // CBOR: a map, a byte string and an array of four billion.
    for (const cbor of [
      'bbffffffffffffffff',
      '5bffffffffffffffff',
      '9bffffffffffffffff',
      'baffffffff',
      '9affffffff',
    ]) {
      const parsed = parseCertificate(chain[1] as Uint8Array, 1, newEffort());
      if (!parsed.ok) throw new Error('the simulator made no certificate');
      const bytes = new Uint8Array(Buffer.from(cbor, 'hex'));
      const extensions = {
        ...parsed.value.extensions,
        values: { provisioningInfo: { start: 0, end: bytes.length } },
      };
      expect(parseProvisioningInfo({ ...parsed.value, bytes, extensions }, 1).ok).toBe(false);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  test('a name of many attributes and a printed name stay small', () => {
    const parsed = parseCertificate(chain[3] as Uint8Array, 3, newEffort());
    expect(parsed.ok && toNameText(parsed.value.subject)).toBe('CN=Droid CA2,O=Google LLC');
  });
});
