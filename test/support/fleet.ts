/**
 * Simulated fleets: three models, each with every kind of release a registry knows and one it does not. All
 * of them are devices of one simulated maker, so that only the release differs.
 */
import { createHash } from 'node:crypto';
import { buildAnchorSet } from '../../src/core/anchors/index.ts';
import { type CallerContext, NO_CALLER_CONTEXT, type Policy } from '../../src/core/policy/index.ts';
import type { Release, ReleaseRegistry } from '../../src/core/reference/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import type { Build } from '../../src/simulator/index.ts';
import { loadTestAnchors } from '../../src/sources/anchors.ts';
import { AT, attest, makeWorld, policyNamed, reportOn, type World } from './world.ts';

export const MODELS = ['Phone A', 'Phone B', 'Tablet C'] as const;
export type Model = (typeof MODELS)[number];

/** Kinds of release; the stock phone's is in no registry. */
export const KINDS = ['stable', 'older', 'limited', 'withdrawn', 'self-signed', 'stock'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * A world whose simulated anchors count as production anchors: the only way to see what a device in production
 * is told. No folder of anchors can do this.
 */
export async function makeProductionWorld(): Promise<World> {
  const world = await makeWorld('google-like');
  const { anchors, softwareKeys } = loadTestAnchors(world.folder).material;
  const promoted = anchors.map(({ record, certificates }) => ({
    record: { ...record, environment: 'production' as const },
    certificates,
  }));
  return { ...world, anchors: buildAnchorSet(promoted, softwareKeys) };
}

const VERIFIED = 0;
const SELF_SIGNED = 1;

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join(' ')).digest('hex');
}

type Dated = Pick<Release, 'osVersion' | 'osPatchLevel' | 'vendorPatchLevel' | 'bootPatchLevel'>;

const OCTOBER: Dated = {
  osVersion: 160000,
  osPatchLevel: 202610,
  vendorPatchLevel: 20261005,
  bootPatchLevel: 20261005,
};
const NOVEMBER: Dated = {
  ...OCTOBER,
  osPatchLevel: 202611,
  vendorPatchLevel: 20261105,
  bootPatchLevel: 20261105,
};

type RegisteredKind = Exclude<Kind, 'stock'>;

/** What differs between the kinds. */
const RELEASED: Readonly<Record<RegisteredKind, Partial<Release> & Dated>> = {
  stable: { ...OCTOBER, stage: 'stable', releasedOn: '2026-10-10' },
  older: {
    ...OCTOBER,
    osPatchLevel: 202609,
    vendorPatchLevel: 20260905,
    bootPatchLevel: 20260905,
    stage: 'superseded',
    releasedOn: '2026-09-10',
  },
  limited: { ...NOVEMBER, stage: 'limited', cohorts: ['early'], releasedOn: '2026-11-10' },
  withdrawn: { ...OCTOBER, stage: 'withdrawn', releasedOn: '2026-10-01' },
  // On a phone of another maker: a key of its own, which boots SelfSigned, as GrapheneOS does.
  'self-signed': {
    ...OCTOBER,
    stage: 'stable',
    releasedOn: '2026-10-10',
    channel: 'guest',
    bootStates: ['SelfSigned'],
  },
};

function releaseOf(kind: RegisteredKind, model: Model): Release {
  const key = kind === 'self-signed' ? 'guest key' : 'maker key';
  return {
    name: `${kind} ${model}`,
    channel: 'main',
    environment: 'production',
    stage: 'stable',
    cohorts: [],
    models: [model],
    verifiedBootKeys: [digest(key, model)],
    vbmetaDigests: [digest(kind, model)],
    bootStates: ['Verified'],
    releasedOn: null,
    ...RELEASED[kind],
  };
}

const REGISTERED = KINDS.filter((kind): kind is RegisteredKind => kind !== 'stock');

/** Every release of every model. */
export const FLEET_REGISTRY: ReleaseRegistry = {
  id: digest('fleet'),
  name: 'fleet',
  sequence: 1,
  issuedAt: AT - 86_400_000,
  expiresAt: AT + 86_400_000,
  signedBy: 'a-key',
  releases: MODELS.flatMap((model) => REGISTERED.map((kind) => releaseOf(kind, model))),
  systems: [],
};

/** The build a device of the fleet runs; a stock phone's key is in no registry. */
export function buildOf(kind: Kind, model: Model, changes: Partial<Dated> = {}): Build {
  const release = releaseOf(kind === 'stock' ? 'stable' : kind, model);
  const isStock = kind === 'stock';
  return {
    name: release.name,
    model,
    manufacturer: 'Simulated',
    verifiedBootKey: bytesOf(isStock ? digest('stock', model) : release.verifiedBootKeys[0]),
    vbmetaDigest: bytesOf(isStock ? digest('stock build', model) : release.vbmetaDigests[0]),
    osVersion: release.osVersion,
    osPatchLevel: release.osPatchLevel,
    vendorPatchLevel: release.vendorPatchLevel,
    bootPatchLevel: release.bootPatchLevel,
    ...changes,
  };
}

function bytesOf(hex = ''): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** The policy with a challenge that the test itself can give. */
export function fleetPolicy(id: string): Policy {
  return { ...policyNamed(id), challenge: 'caller' };
}

/** The report on a new device of the fleet. */
export function reportOnFleet(
  world: World,
  [kind, model]: readonly [Kind, Model],
  policy: Policy,
  caller: Partial<CallerContext> = {},
  changes: Partial<Dated> = {},
): Report {
  const device = {
    build: buildOf(kind, model, changes),
    verifiedBootState: kind === 'self-signed' ? SELF_SIGNED : VERIFIED,
  };
  return reportOn(world, attest(world, device), policy, {
    registry: FLEET_REGISTRY,
    caller: { ...NO_CALLER_CONTEXT, ...caller },
  });
}
