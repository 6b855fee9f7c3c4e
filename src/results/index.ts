/** Signed results: keys, the kinds of document, signing and verifying. */
export * from './answers.ts';
export * from './ear.ts';
export * from './faults.ts';
export * from './key-files.ts';
export * from './keys.ts';
export * from './kinds.ts';
export * from './recheck.ts';
export * from './sign.ts';
export * from './verify.ts';
export * from './verify-result.ts';
