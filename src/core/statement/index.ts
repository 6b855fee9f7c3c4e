/** What a device says of itself, signed by the attested key. */
export * from './statement.ts';
export * from './verify.ts';
