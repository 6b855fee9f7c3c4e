/** The device as its evidence shows it, layer by layer. */
export * from './layers.ts';
export * from './patch-level.ts';
export * from './posture.ts';
export * from './reported.ts';
export * from './trust-inputs.ts';
export * from './trust-state.ts';
