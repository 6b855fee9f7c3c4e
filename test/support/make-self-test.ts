/**
 * Writes src/pool/self-test-chains.json: one sound chain of each shape under Google-like anchors, with
 * which every worker proves that it can verify before it takes requests. Run by hand when the form of
 * simulated chains changes: `node test/support/make-self-test.ts`.
 */
import { writeFileSync } from 'node:fs';
import { AT, attest, makeWorld } from './world.ts';

const world = await makeWorld('google-like', 'self-test');
const shapes = [
  ['factory', { provisioning: 'factory' }, {}],
  ['remote', { provisioning: 'remote' }, {}],
  ['remote', { provisioning: 'remote' }, { withRoot: false }],
  ['attest-key', { provisioning: 'remote' }, { attestKeys: 1 }],
] as const;

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const document = {
  madeAt: new Date(AT).toISOString(),
  anchors: world.anchors.anchors.map(({ record, certificates }) => ({
    record,
    certificates: certificates.map(({ bytes }) => toBase64(bytes)),
  })),
  chains: shapes.map(([shape, device, key]) => ({
    shape,
    chain: attest(world, device, key).chain.map(toBase64),
  })),
};
writeFileSync(
  new URL('../../src/pool/self-test-chains.json', import.meta.url),
  `${JSON.stringify(document, null, 2)}\n`,
);
