/** Stage `input`: evidence that is refused for its size before it is read. */
import type { CodeColumns, CodeEntry } from './entry.ts';

const OVERSIZED = {
  stage: 'input',
  severity: 'reject',
  layer: 'hardware-integrity',
  failureClass: 'INVALID_TRUST_CHAIN',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

export const INPUT_CODES = {
  CHAIN_TOO_LONG: {
    ...OVERSIZED,
    text: 'the chain has more certificates than any layout that exists',
    why: 'a genuine chain has three to seven certificates, root included; a longer one has been extended by someone who holds a key of it',
    remedy: 'send the chain exactly as KeyStore.getCertificateChain() returned it',
  },
  CERTIFICATE_TOO_LARGE: {
    ...OVERSIZED,
    text: 'a certificate is larger than any device makes',
    why: 'sizes are bounded before anything is parsed, so that no input costs more than its share',
    remedy: 'send the chain exactly as KeyStore.getCertificateChain() returned it',
  },
} as const satisfies Record<string, CodeEntry>;
