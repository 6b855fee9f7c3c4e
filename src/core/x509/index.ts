/** One certificate at a time: what it says, and whether a key signed it. */
export * from './algorithms.ts';
export * from './certificate.ts';
export * from './facts.ts';
export * from './import-key.ts';
export * from './issuer-rights.ts';
export * from './name.ts';
export * from './oid.ts';
export * from './public-key.ts';
export * from './signature.ts';
