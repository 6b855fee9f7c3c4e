/** Requests to verify. */
export * from './public-key.ts';
export * from './verify-request.ts';
