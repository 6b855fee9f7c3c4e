/** Strict DER, read in place. */
export * from './reader.ts';
export * from './tags.ts';
export * from './time.ts';
export * from './values.ts';
