/**
 * One vector of each shape, changed in every octet and every value: nothing that was changed is
 * accepted with another meaning. Every octet of a certificate is signed, or is a signature, or must
 * repeat what is signed, so no change inside one passes; what does stands in `PASSES` with its reason.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { judge } from '../../src/core/judge.ts';
import { prove } from '../../src/core/prove.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { changeValues, flipOctets, type Mutation } from '../support/mutations.ts';
import { attest, contextIn, makeWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like', 'sweep');
});

/** Changes that are accepted, by shape and what they change, with the reason. */
const PASSES: Readonly<Record<string, string>> = {
  'one ATTEST_KEY: 0 dropped':
    'the chain of the ATTEST_KEY itself: genuine, and reported as that key’s',
  'two ATTEST_KEYs: 0 dropped':
    'the chain of the lower ATTEST_KEY: genuine, and reported as that key’s',
};

const SHAPES = [
  ['remote', {}, {}],
  ['remote without root', {}, { withRoot: false }],
  ['factory', { provisioning: 'factory' }, {}],
  ['StrongBox', { provisioning: 'factory', level: 'StrongBox' }, { kind: 'RSA_2048' }],
  ['one ATTEST_KEY', {}, { attestKeys: 1 }],
  ['two ATTEST_KEYs', {}, { attestKeys: 2 }],
  ['ML-DSA leaf', {}, { kind: 'ML_DSA_65' }],
] as const;

function isAccepted(chain: readonly Uint8Array[], challenge: Uint8Array): boolean {
  return (
    judge(prove(chain, world.anchors), contextIn(world, 'inspect', { challenge })).outcome ===
    'accept'
  );
}

describe.each(SHAPES)('%s', (shape, device, key) => {
  test.each<[string, (der: Uint8Array) => Iterable<Mutation>]>([
    ['octets', flipOctets],
    ['values', changeValues],
  ])('every one of its %s', (_what, mutate) => {
    const { chain, challenge } = attest(world, device, key);
    expect(isAccepted(chain, challenge)).toBe(true);
    const passed: string[] = [];
    let tried = 0;
    for (const [cert, der] of chain.entries()) {
      for (const { what, bytes } of mutate(der)) {
        tried += 1;
        const changed = chain.with(cert, bytes);
        if (isAccepted(changed, challenge)) passed.push(`certificate ${cert}: ${what}`);
      }
    }
    expect(tried).toBeGreaterThan(chain.length * 50);
    expect(passed).toEqual([]);
  });

  test('certificates dropped, doubled, swapped, and a leaf appended below', () => {
    const { chain, challenge } = attest(world, device, key);
    const other = attest(world, device, key).chain;
    const passed: string[] = [];
    for (const cert of chain.keys()) {
      const isRoot = cert === chain.length - 1 && !('withRoot' in key);
      if (!isRoot && isAccepted(chain.toSpliced(cert, 1), challenge))
        passed.push(`${cert} dropped`);
      if (isAccepted(chain.toSpliced(cert, 0, chain[cert] as Uint8Array), challenge))
        passed.push(`${cert} doubled`);
      const next = chain[cert + 1];
      if (
        next !== undefined &&
        isAccepted(chain.with(cert, next).with(cert + 1, chain[cert] as Uint8Array), challenge)
      ) {
        passed.push(`${cert} swapped`);
      }
    }
    if (isAccepted([other[0] as Uint8Array, ...chain], challenge))
      passed.push('foreign leaf below');
    for (const defect of ['extended-with-forged-attestation', 'extended-without-attestation']) {
      const extended = attest(world, device, { ...key, defect });
      if (isAccepted(extended.chain, extended.challenge)) passed.push(defect);
    }
    const listed = Object.keys(PASSES).filter((what) => what.startsWith(`${shape}: `));
    expect(passed.map((what) => `${shape}: ${what}`)).toEqual(listed);
  });
});

test('a sample of the quirks, within a time budget', () => {
  const quirks = DEFECTS.filter(
    ({ name, policy }) => name.startsWith('quirk-') && policy === undefined,
  );
  const ends = performance.now() + 60_000;
  let swept = 0;
  for (const { name, device, attest: key } of quirks) {
    if (performance.now() > ends) break;
    swept += 1;
    const { chain, challenge } = attest(world, device, { ...key, defect: name });
    const base = isAccepted(chain, challenge);
    expect(base, name).toBe(true);
    for (const cert of [0, 1]) {
      for (const { what, bytes } of flipOctets(chain[cert] as Uint8Array)) {
        expect(
          isAccepted(chain.with(cert, bytes), challenge),
          `${name}, certificate ${cert}: ${what}`,
        ).toBe(false);
      }
    }
  }
  expect(swept).toBeGreaterThan(5);
});
