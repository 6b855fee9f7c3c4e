/** Status lists: parsed, compiled into one snapshot, looked up by serial number and anchor. */
export * from './check.ts';
export { checkBootKeyDenied } from './denied-keys.ts';
export { findDuplicateKey } from './json-keys.ts';
export * from './revocable-path.ts';
export * from './snapshot.ts';
export * from './status-list.ts';
