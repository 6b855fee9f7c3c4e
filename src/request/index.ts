/** Requests to verify. */

export * from './caller-context.ts';
export * from './context.ts';
export * from './json-body.ts';
export * from './problem.ts';
export * from './public-key.ts';
export * from './statement-schema.ts';
export * from './time.ts';
export * from './verify-request.ts';
