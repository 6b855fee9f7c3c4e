/** Requests to verify. */

export * from './caller-context.ts';
export * from './problem.ts';
export * from './public-key.ts';
export * from './verify-request.ts';
