/** A comparison is fair only with peers that verify: each accepts a genuine chain and refuses others. */
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCase, type PeerCase } from '../../bench/peers/cases.ts';
import { createPeers, type Peer } from '../../bench/peers/peers.ts';
import { makeWorld, type World } from '../support/world.ts';

const at = Date.now();
let world: World;
let peers: readonly Peer[];

beforeAll(async () => {
  world = await makeWorld('enigm-development', 'peers', at);
  peers = createPeers(world.simulator.pki.roots);
});

const NAMES = [
  '@simplewebauthn/server',
  '@peculiar/x509, its chain builder',
  '@peculiar/x509, by hand',
  'the same, KeyDescription read',
  'node:crypto X509Certificate',
  'the same, issuers remembered',
];

async function isAccepted(name: string, evidence: PeerCase): Promise<boolean> {
  const peer = peers.find((each) => each.name === name);
  if (peer === undefined) throw new RangeError(`no peer ${name}`);
  try {
    return await peer.verify(evidence);
  } catch {
    return false;
  }
}

/** One bit of the signature of certificate `cert`, in its last octet, changed. */
function withBrokenSignature(cert: number): PeerCase {
  return makeCase(world, (chain) => {
    const der = chain[cert] as Uint8Array<ArrayBuffer>;
    return chain.with(cert, der.with(-1, (der.at(-1) as number) ^ 0x01));
  });
}

test('these are the peers', () => {
  expect(peers.map(({ name }) => name)).toEqual(NAMES);
});

describe.each(NAMES)('%s', (name) => {
  test('accepts genuine chains', async () => {
    for (let made = 0; made < 3; made += 1) {
      expect(await isAccepted(name, makeCase(world))).toBe(true);
    }
  });

  test.each([0, 1, 2, 3])('refuses a broken signature of certificate %i', async (cert) => {
    expect(await isAccepted(name, makeCase(world))).toBe(true);
    expect(await isAccepted(name, withBrokenSignature(cert))).toBe(false);
  });

  test('refuses a leaf that another device’s certificate did not sign', async () => {
    const { chain } = makeCase(world);
    const mixed = makeCase(world, ([leaf, ...issuers]) => [
      leaf as Uint8Array<ArrayBuffer>,
      chain[1] as Uint8Array<ArrayBuffer>,
      ...issuers.slice(1),
    ]);
    expect(await isAccepted(name, mixed)).toBe(false);
  });

  test('refuses a chain under another root', async () => {
    const foreign = makeCase(await makeWorld('google-like', 'peers', at));
    expect(await isAccepted(name, foreign)).toBe(false);
  });
});

test('what reads the description refuses another challenge', async () => {
  const own = makeCase(world);
  const { challenge } = makeCase(world);
  expect(await isAccepted('the same, KeyDescription read', { ...own, challenge })).toBe(false);
  expect(await isAccepted('@peculiar/x509, by hand', { ...own, challenge })).toBe(true);
});

test('@simplewebauthn/server refuses another challenge, and a key that did not sign', async () => {
  const [own, other] = [makeCase(world), makeCase(world)];
  const [name] = NAMES as [string];
  const asked = { ...own.registration, challenge: other.registration.challenge };
  expect(await isAccepted(name, { ...own, registration: asked })).toBe(false);
  const { response } = own.registration;
  const taken = { ...response, response: { ...other.registration.response.response } };
  const registration = { ...own.registration, response: taken };
  expect(await isAccepted(name, { ...own, registration })).toBe(false);
});
