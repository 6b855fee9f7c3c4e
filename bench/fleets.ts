/** The chains of each scenario: what stands in a request, and the signatures that no memory can know yet. */
import { type KeyObject, verify } from 'node:crypto';
import { newEffort } from '../src/core/base/index.ts';
import { type Certificate, importKey, parseCertificate, sliceOf } from '../src/core/x509/index.ts';
import { type Evidence, rejectedDefectsOf } from '../src/simulator/index.ts';
import { attest, proveIn, type World } from '../test/support/world.ts';

/** What is warm when a chain arrives: `whole` for one that was seen before. */
export type Warm = 'nothing' | 'uppers' | 'attestation' | 'whole';

export interface Chain {
  /** `POST /v1/verify`. */
  readonly body: string;
  readonly chain: readonly Uint8Array[];
  /** What is wrong with it by name, of the simulator's. */
  readonly defect?: string;
  /** The work that cannot be left out: signatures, and imports of keys that were not seen before. */
  readonly floor: () => void;
}

/** The two kinds of work that a floor is made of, each alone. */
export interface FloorParts {
  readonly verify: () => void;
  readonly importKeys: () => void;
}

export interface Scenario {
  readonly name: string;
  /** Chains to be seen first, so that what is warm is warm. */
  readonly before: readonly Chain[];
  readonly chains: readonly Chain[];
}

/** Chains of one scenario: enough that no slice sees one twice but where that is the point. */
const COUNT = 2_000;

export type MakeScenario = (world: World, count?: number) => Scenario;

export const SCENARIOS: Readonly<Record<string, MakeScenario>> = {
  cold: (world, count = COUNT) => {
    const chains = repeat(Math.ceil(count / 10), () => chainOf(attest(world), 'nothing'));
    return { name: 'cold', before: [], chains };
  },
  'rkp-fleet': (world, count = COUNT) => {
    const chains = repeat(count, () => chainOf(attest(world), 'uppers'));
    return { name: 'rkp-fleet', before: [chainOf(attest(world), 'uppers')], chains };
  },
  'known-device': (world, count = COUNT) => {
    const device = world.simulator.device({ provisioning: 'remote' });
    const chains = repeat(count, () => chainOf(device.attest(), 'attestation'));
    return { name: 'known-device', before: [chainOf(device.attest(), 'uppers')], chains };
  },
  'factory-fleet': (world, count = COUNT) => {
    const batches = repeat(5, () => world.simulator.batch());
    const make = (made: number): Chain => {
      const issuers = batches[made % batches.length] as (typeof batches)[number];
      const device = world.simulator.device({ provisioning: 'factory', issuers });
      return chainOf(device.attest(), 'attestation');
    };
    return { name: 'factory-fleet', before: repeat(5, make), chains: repeat(count, make) };
  },
  repeat: (world, count = COUNT) => {
    const chains = repeat(Math.ceil(count / 4), () => chainOf(attest(world), 'whole'));
    return { name: 'repeat', before: chains, chains };
  },
  mixed: (world, count = MIXED_COUNT) => {
    const parts = MIX.map(({ percent, make }) => make(world, Math.ceil((count * percent) / 100)));
    const dealt = parts.map(() => 0);
    const chains = repeat(count, (made) => {
      const part = partAt((made * STEP) % 100);
      const from = parts[part]?.chains ?? [];
      const at = dealt[part] as number;
      dealt[part] = at + 1;
      return from[at % from.length] as Chain;
    });
    return { name: 'mixed', before: parts.flatMap(({ before }) => before), chains };
  },
  hostile: (world, count = COUNT) => {
    const known = chainOf(attest(world), 'uppers');
    const chains = repeat(count, (made) => forgedUpper(known.chain, made));
    return { name: 'hostile', before: [known], chains };
  },
};

/** What `mixed` is made of. */
const MIX: readonly { readonly percent: number; readonly make: MakeScenario }[] = [
  { percent: 70, make: SCENARIOS['rkp-fleet'] as MakeScenario },
  { percent: 20, make: SCENARIOS['factory-fleet'] as MakeScenario },
  { percent: 5, make: fewAgain },
  { percent: 5, make: badFleet },
];

/** So many that every defect is among those 5 %. */
const MIXED_COUNT = 2 * COUNT;

/** A prime that divides neither 100 nor the number of defects: steps of it come by each once before any twice. */
const STEP = 37;

/** Which part of `MIX` a percentage belongs to. */
function partAt(percentage: number): number {
  let end = 0;
  return MIX.findIndex(({ percent }) => {
    end += percent;
    return percentage < end;
  });
}

function repeat<T>(count: number, make: (made: number) => T): T[] {
  return Array.from({ length: count }, (_, made) => make(made));
}

export function chainOf(evidence: Evidence, warm: Warm): Chain {
  const { chain, challenge } = evidence;
  return { body: toBody(chain, challenge), chain, floor: floorOf(chain, warm) };
}

function toBody(chain: readonly Uint8Array[], challenge: Uint8Array): string {
  return JSON.stringify({
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    challenge: Buffer.from(challenge).toString('base64url'),
    policy: 'enigm-development',
  });
}

/** Chains that come so often that each of several workers has soon seen them: one for twenty times that one is sent. */
function fewAgain(world: World, count = COUNT): Scenario {
  return (SCENARIOS['repeat'] as MakeScenario)(world, count / 5);
}

/** Devices of which each is rejected for another reason, until they begin again. */
function badFleet(world: World, count = COUNT): Scenario {
  return { name: 'bad', before: [], chains: repeat(count, (made) => badChain(world, made)) };
}

const BAD = rejectedDefectsOf('enigm-development');

function badChain(world: World, made: number): Chain {
  const defect = BAD[(made * STEP) % BAD.length];
  if (defect === undefined) throw new RangeError('no defects');
  const evidence = attest(world, defect.device, { ...defect.attest, defect: defect.name });
  const { chain, challenge } = evidence;
  // A chain that does not verify need not have cost a signature.
  const floor = proveIn(world, chain).path.ok ? floorOf(chain, 'uppers') : () => {};
  return { body: toBody(chain, challenge), chain, defect: defect.name, floor };
}

/** The dearest junk: a chain whose lower intermediate the real P-384 intermediate did not sign. */
function forgedUpper(genuine: readonly Uint8Array[], made: number): Chain {
  const upper = 2;
  const der = genuine[upper] as Uint8Array;
  const at = der.length - 1 - (made % 40);
  const forged = der.with(at, (der[at] as number) ^ (1 + (Math.floor(made / 40) % 255)));
  const chain = genuine.with(upper, forged);
  const certificate = parse(forged, upper);
  const key = keyOf(genuine[upper + 1] as Uint8Array);
  return {
    body: toBody(chain, new Uint8Array(16)),
    chain,
    floor: () => check(certificate, key, false),
  };
}

function floorOf(chain: readonly Uint8Array[], warm: Warm): () => void {
  const links = linksOf(chain, warm);
  return () => {
    for (const { certificate, spki, key } of links)
      check(certificate, key ?? importKey(spki), true);
  };
}

/** The floor of a chain in its parts, for telling what each costs. */
export function floorPartsOf(chain: readonly Uint8Array[], warm: Warm): FloorParts {
  const links = linksOf(chain, warm);
  const keys = links.map(({ spki, key }) => key ?? importKey(spki));
  return {
    verify: () => {
      for (const [index, { certificate }] of links.entries()) {
        check(certificate, keys[index] as KeyObject, true);
      }
    },
    importKeys: () => {
      for (const { spki, key } of links) if (key === null) importKey(spki);
    },
  };
}

/** A signature that no memory can know, and the issuer's key where a memory can. */
interface UnknownLink {
  readonly certificate: Certificate;
  readonly spki: Buffer;
  readonly key: KeyObject | null;
}

function linksOf(chain: readonly Uint8Array[], warm: Warm): readonly UnknownLink[] {
  if (warm === 'whole') return [];
  const issuers = warm === 'nothing' ? chain.length - 1 : warm === 'uppers' ? 2 : 1;
  return chain.slice(0, issuers).map((der, index) => {
    const issuer = chain[index + 1] as Uint8Array;
    // A key is warm where the certificate it stands in is; an anchor's always is.
    const isWarm = index === issuers - 1 && (warm !== 'nothing' || index === chain.length - 2);
    const parsed = parse(issuer, index + 1);
    const spki = Buffer.from(sliceOf(parsed, parsed.spki));
    return { certificate: parse(der, index), spki, key: isWarm ? keyOf(issuer) : null };
  });
}

function check(certificate: Certificate, key: KeyObject, expected: boolean): void {
  const { signatureAlgorithm, tbs, signature } = certificate;
  const isValid = verify(
    signatureAlgorithm.hash,
    sliceOf(certificate, tbs),
    key,
    sliceOf(certificate, signature),
  );
  if (isValid !== expected) throw new Error('the floor does not verify what it should');
}

function parse(der: Uint8Array, index: number): Certificate {
  const parsed = parseCertificate(der, index, newEffort());
  if (!parsed.ok) throw new Error(parsed.finding.code);
  return parsed.value;
}

function keyOf(der: Uint8Array): KeyObject {
  const certificate = parse(der, 0);
  return importKey(Buffer.from(sliceOf(certificate, certificate.spki)));
}
