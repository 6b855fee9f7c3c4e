/**
 * Simulated makers, the anchors of their devices, and everything else a verdict depends on: made once
 * for all tests of a file, at one fixed time.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AnchorSet } from '../../src/core/anchors/index.ts';
import { type JudgeContext, judge } from '../../src/core/judge.ts';
import {
  BUILTIN_POLICIES,
  type Policy,
  type PreparedPolicy,
  preparePolicy,
} from '../../src/core/policy/index.ts';
import { type Proof, prove } from '../../src/core/prove.ts';
import type { ReleaseRegistry } from '../../src/core/reference/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import type { RevocationSnapshot } from '../../src/core/revocation/index.ts';
import {
  type AnchorName,
  type AttestOptions,
  buildsOfReleases,
  createSimulator,
  type DeviceOptions,
  type Evidence,
  type Simulator,
  stockBuilds,
  writeAnchorsFolder,
} from '../../src/simulator/index.ts';
import { loadBuiltInAnchors, loadTestAnchors } from '../../src/sources/anchors.ts';
import { ROOTS, VERIFIER } from '../../src/sources/package-root.ts';
import { DEVELOPMENT_RELEASES, loadRegistry } from '../../src/sources/releases.ts';
import { loadBundledSnapshot } from '../../src/sources/revocation.ts';

/** The moment of every test: 2026-11-22T12:00:00Z. */
export const AT = Date.UTC(2026, 10, 22, 12);

export interface World {
  readonly simulator: Simulator;
  readonly anchors: AnchorSet;
  readonly revocation: RevocationSnapshot;
  readonly registry: ReleaseRegistry | null;
  /** Folder of the anchors, for the command line. */
  readonly folder: string;
}

const registry = loadRegistry(DEVELOPMENT_RELEASES);

/**
 * A world of Google-like devices (test anchors), or of Enigm's (the development anchor). `at`: the time of
 * their evidence, in milliseconds since 1970.
 */
export async function makeWorld(anchor: AnchorName, seed = 'tests', at = AT): Promise<World> {
  const isEnigm = anchor === 'enigm-development';
  const builds = isEnigm ? buildsOfReleases(registry.releases) : stockBuilds(at);
  const simulator = await createSimulator({ anchor, seed, at, builds });
  if (isEnigm) {
    return {
      simulator,
      anchors: loadBuiltInAnchors('development').set,
      revocation: loadBundledSnapshot(ROOTS),
      registry,
      folder: ROOTS,
    };
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-anchors-'));
  writeAnchorsFolder(folder, simulator.pki);
  return {
    simulator,
    anchors: loadTestAnchors(folder).set,
    revocation: loadBundledSnapshot(folder),
    registry: null,
    folder,
  };
}

/**
 * A world of this moment, for what a running service is to accept: its clock is the machine's, and a remote device's
 * certificate is good for two weeks.
 */
export function makeWorldOfNow(anchor: AnchorName, seed: string): Promise<World> {
  const now = Date.now();
  return makeWorld(anchor, `${seed} ${now}`, now);
}

export function policyNamed(id: string): Policy {
  const policy = BUILTIN_POLICIES.find((each) => each.id === id);
  if (policy === undefined) throw new RangeError(`no policy ${id}`);
  return policy;
}

const prepared = new Map<Policy, PreparedPolicy>();

/** What a verdict depends on, with everything in order. */
export function contextIn(
  world: World,
  policy: Policy | string,
  evidence: Pick<Evidence, 'challenge'>,
): JudgeContext {
  const document = typeof policy === 'string' ? policyNamed(policy) : policy;
  if (!prepared.has(document)) prepared.set(document, preparePolicy(document));
  return {
    evidenceTime: AT,
    appraisedAt: AT,
    policy: prepared.get(document) as PreparedPolicy,
    revocation: world.revocation,
    challenge: { kind: 'given', bytes: evidence.challenge },
    publicKey: null,
    registry: world.registry,
    environment: 'development',
    verifier: VERIFIER,
  };
}

/** Evidence of a new device; remote, TEE and sound unless said otherwise. */
export function attest(
  world: World,
  device: Partial<DeviceOptions> = {},
  key: AttestOptions = {},
): Evidence {
  return world.simulator.device({ provisioning: 'remote', ...device }).attest(key);
}

export function proveIn(world: World, chain: Evidence['chain']): Proof {
  return prove(chain, world.anchors);
}

/** The report on evidence under a policy, with whatever is changed of the context. */
export function reportOn(
  world: World,
  evidence: Pick<Evidence, 'chain' | 'challenge'>,
  policy: Policy | string,
  changes: Partial<JudgeContext> = {},
): Report {
  const context = { ...contextIn(world, policy, evidence), ...changes };
  return judge(proveIn(world, evidence.chain), context);
}

export function codesOf(report: Report): readonly string[] {
  return report.findings.map(({ code }) => code);
}

/** Codes that decide: rejections and inconclusive findings. */
export function decidingCodes(report: Report): readonly string[] {
  return report.findings
    .filter(({ severity }) => severity === 'reject' || severity === 'inconclusive')
    .map(({ code }) => code);
}
