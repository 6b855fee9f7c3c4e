/** Signed results: keys, the kinds of document, signing and verifying. */
export * from './faults.ts';
export * from './key-files.ts';
export * from './keys.ts';
export * from './kinds.ts';
export * from './sign.ts';
export * from './verify.ts';
