/** From what a caller sends to the bytes of certificates. Nothing is parsed or believed yet. */
export * from './base64.ts';
export * from './chain-bytes.ts';
export * from './fault.ts';
export { frame } from './frame.ts';
export { parsePem } from './pem.ts';
