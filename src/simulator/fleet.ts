/** Many devices, each with a chain of its own: some share of them with a defect. */
import { DEFECTS, type Defect } from './defects/index.ts';
import type { Bytes } from './der.ts';
import type { AnchorName, Issuers, Provisioning } from './pki.ts';
import type { Evidence, Simulator } from './simulator.ts';

export type FleetShape = Provisioning | 'attest-key' | 'software';

export interface FleetOptions {
  readonly count: number;
  /** Shapes to mix evenly; a defect that needs another device brings its own. */
  readonly shapes: readonly FleetShape[];
  readonly defects: readonly Defect[];
  /** Share of chains that get one of `defects`. */
  readonly bad: number;
  /** One challenge for all, or null for one each. */
  readonly challenge: Bytes | null;
}

export interface FleetMember {
  readonly evidence: Evidence;
  readonly shape: FleetShape;
  readonly defect: string | null;
}

/** Batches of factory devices in one fleet: as many as share an attestation certificate each. */
const FACTORY_BATCHES = 5;

/** Defects for which a chain is rejected, not merely remarked upon. */
const REJECTED_DEFECTS: readonly Defect[] = DEFECTS.filter(
  ({ expects }) => expects !== 'nothing' && (expects.severity ?? 'reject') === 'reject',
);

/**
 * Defects for which a device of this maker is rejected by the policy made for it. A release of the development
 * registry may report SelfSigned, as its entry says: what is a defect of a stock phone is none there.
 */
export function rejectedDefectsOf(anchor: AnchorName): readonly Defect[] {
  return anchor === 'google-like'
    ? REJECTED_DEFECTS
    : REJECTED_DEFECTS.filter(({ name }) => name !== 'self-signed');
}

/** Makes the fleet one device at a time. */
export function* simulateFleet(
  simulator: Simulator,
  { count, shapes, defects, bad, challenge }: FleetOptions,
): Generator<FleetMember> {
  const { random } = simulator;
  const batches: Issuers[] = [];
  for (let made = 0; made < count; made += 1) {
    const shape = shapes[made % shapes.length] as FleetShape;
    const isBad = defects.length > 0 && random.chance(bad);
    const asked = challenge === null ? {} : { challenge };
    if (isBad) {
      const defect = defects[made % defects.length] as Defect;
      const device = simulator.device({ provisioning: provisioningOf(shape), ...defect.device });
      const evidence = device.attest({ ...asked, ...defect.attest, defect: defect.name });
      const actual = defect.device?.provisioning ?? shape;
      yield { evidence, shape: actual, defect: defect.name };
      continue;
    }
    if (shape === 'factory' && batches.length < FACTORY_BATCHES) batches.push(simulator.batch());
    const issuers = shape === 'factory' ? { issuers: random.pick(batches) } : {};
    const evidence =
      shape === 'software'
        ? simulator.softwareDevice().attest(asked)
        : simulator
            .device({ provisioning: provisioningOf(shape), ...issuers })
            .attest({ ...asked, attestKeys: shape === 'attest-key' ? 1 : 0 });
    yield { evidence, shape, defect: null };
  }
}

function provisioningOf(shape: FleetShape): Provisioning {
  return shape === 'factory' ? 'factory' : 'remote';
}
