/** The words every room shares: results, findings and their codes, limits, bytes. */
export * from './bytes.ts';
export * from './codes/index.ts';
export * from './effort.ts';
export * from './finding.ts';
export * from './freeze.ts';
export * from './json-text.ts';
export * from './limits.ts';
export * from './result.ts';
export * from './time.ts';
