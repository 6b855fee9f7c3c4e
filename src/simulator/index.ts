/** Simulated devices, their makers' authorities, and everything that can be wrong with a chain. */
export { writeAnchorsFolder } from './anchors-folder.ts';
export { buildsOfReleases, stockBuilds } from './builds.ts';
export { DEFECTS, type Defect, type Expectation } from './defects/index.ts';
export type { Build, Level } from './device.ts';
export {
  type FleetMember,
  type FleetShape,
  rejectedDefectsOf,
  simulateFleet,
} from './fleet.ts';
export type { KeyKind, KeyPair } from './key-pair.ts';
export type { AttestOptions, DeviceOptions } from './options.ts';
export { toPem } from './pem.ts';
export type { AnchorName, Issuers, Provisioning } from './pki.ts';
export {
  createSimulator,
  type Evidence,
  type Simulator,
  type SimulatorOptions,
} from './simulator.ts';
export { SOUND_FIELDS, type StatementOptions, signStatement } from './statement.ts';
