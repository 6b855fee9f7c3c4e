/** Requests to verify. */

export * from './problem.ts';
export * from './public-key.ts';
export * from './time.ts';
export * from './verify-request.ts';
