/**
 * One device a finding, each sound but for one thing: what the tables of trust inputs and production
 * requirements say is refused, refused. All under enigm-production and production anchors.
 */
import type { FindingCode } from '../../src/core/base/index.ts';
import type { JudgeContext } from '../../src/core/judge.ts';
import { NO_CALLER_CONTEXT } from '../../src/core/policy/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { compileSnapshot } from '../../src/core/revocation/index.ts';
import type { AttestOptions, Evidence } from '../../src/simulator/index.ts';
import { buildOf, FLEET_REGISTRY, fleetPolicy, type Kind } from './fleet.ts';
import { AT, attest, reportOn, type World } from './world.ts';

interface Refusal {
  readonly kind?: Kind;
  readonly key?: AttestOptions;
  readonly build?: Parameters<typeof buildOf>[2];
  readonly change?: (evidence: Evidence) => Partial<JudgeContext>;
}

const defect = (name: string): Refusal => ({ key: { defect: name } });

/** The attestation certificate of the chain, on a list. */
function revoke({ chain }: Evidence): Partial<JudgeContext> {
  const der = Buffer.from(chain[1] as Uint8Array);
  const at = der.indexOf(Buffer.from([0xa0, 0x03, 0x02, 0x01, 0x02, 0x02])) + 6;
  const serial = der.subarray(at + 1, at + 1 + (der[at] as number)).toString('hex');
  const list = {
    id: 'changed',
    feed: 'simulated-status',
    anchors: 'all' as const,
    fetchedAt: AT,
    refreshAfterMs: 86_400_000,
    entries: [{ serial, status: 'revoked' as const, reason: 'KEY_COMPROMISE' }],
  };
  return { revocation: compileSnapshot([list]) };
}

const floorOf = (levels: { readonly osPatchLevel: number }): Partial<JudgeContext> => ({
  caller: { ...NO_CALLER_CONTEXT, floors: [{ source: 'caller', levels }] },
});

/** Every release as a system that is known by its key only. */
const KEYS_ONLY = {
  ...FLEET_REGISTRY,
  releases: [],
  systems: FLEET_REGISTRY.releases
    .filter(({ stage }) => stage === 'stable')
    .map(({ name, models, verifiedBootKeys, bootStates }) => ({
      name,
      models,
      verifiedBootKeys,
      bootStates,
    })),
};

const REFUSALS: Readonly<Partial<Record<FindingCode, Refusal>>> = {
  ROOT_OF_TRUST_MISSING: defect('no-root-of-trust'),
  DEVICE_UNLOCKED: defect('unlocked'),
  BOOT_STATE_NOT_VERIFIED: defect('boot-failed'),
  BOOT_KEY_EMPTY: defect('zero-boot-key'),
  RELEASE_BOOT_STATE: defect('self-signed'),
  CERTIFICATE_REVOKED: { change: revoke },
  SECURITY_LEVEL_SOFTWARE: defect('software-key'),
  SECURITY_LEVEL_CHAIN_MISMATCH: defect('strongbox-claim-on-tee-chain'),
  RELEASE_UNKNOWN: { kind: 'stock' },
  RELEASE_KEY_ONLY: { change: () => ({ registry: KEYS_ONLY }) },
  RELEASE_NOT_ALLOWED: { kind: 'withdrawn' },
  RELEASE_MODEL_MISMATCH: defect('release-of-other-model'),
  KEY_ORIGIN: defect('imported-key'),
  KEY_PURPOSE: defect('no-purpose'),
  ALL_APPLICATIONS: defect('all-applications'),
  USER_AUTH_CONTRADICTORY: defect('contradictory-user-auth'),
  CHALLENGE_MISMATCH: {
    change: () => ({ challenge: { kind: 'given', bytes: new Uint8Array(32) } }),
  },
  ATTEST_KEY_NOT_ALLOWED: { key: { attestKeys: 1 } },
  RELEASE_PATCH_MISSING: defect('release-patch-missing'),
  RELEASE_PATCH_OLDER: defect('release-patch-older'),
  RELEASE_OS_VERSION: { build: { osVersion: 150000 } },
  RELEASE_COHORT: {
    kind: 'limited',
    change: () => ({ caller: { ...NO_CALLER_CONTEXT, cohort: 'late' } }),
  },
  ROLLBACK_BELOW_FLOOR: { change: () => floorOf({ osPatchLevel: 202611 }) },
  ROLLBACK_LEVEL_LOST: {
    build: { osPatchLevel: 0 },
    change: () => floorOf({ osPatchLevel: 202610 }),
  },
};

/** Reports on such devices; a code without one is an error. */
export function refusals(world: World): (code: FindingCode) => Report {
  return (code) => {
    const refusal = REFUSALS[code];
    if (refusal === undefined) throw new RangeError(`nothing here is refused with ${code}`);
    const { kind = 'stable', key = {}, build, change } = refusal;
    const evidence = attest(world, { build: buildOf(kind, 'Phone A', build) }, key);
    return reportOn(world, evidence, fleetPolicy('enigm-production'), {
      registry: FLEET_REGISTRY,
      ...change?.(evidence),
    });
  };
}
