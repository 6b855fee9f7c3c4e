/**
 * Before a worker takes requests it proves one chain of each shape, and refuses one that was changed
 * (THREATS T44): a runtime or build that cannot verify must not answer at all.
 */
import { type AnchorRecord, buildAnchorSet } from '../core/anchors/index.ts';
import { prove } from '../core/prove.ts';
import vectors from './self-test-chains.json' with { type: 'json' };

/** This process cannot verify. It must not serve. */
class SelfTestFault extends Error {
  readonly code = 'SELF_TEST_FAILED';
}

/** Throws `SelfTestFault` unless chains are judged as they must be. */
export function runSelfTest(): void {
  const anchors = buildAnchorSet(
    vectors.anchors.map(({ record, certificates }) => ({
      record: record as AnchorRecord,
      certificates: certificates.map(fromBase64),
    })),
    [],
  );
  for (const { shape, chain: texts } of vectors.chains) {
    const chain = texts.map(fromBase64);
    const { path, keyDescription } = prove(chain, anchors);
    if (!path.ok || path.value.layout.shape !== shape || !keyDescription?.ok) {
      throw new SelfTestFault(`a sound ${shape} chain is not proved`);
    }
    const [leaf, ...issuers] = chain as [Uint8Array, ...Uint8Array[]];
    const flipped = leaf.with(-1, (leaf.at(-1) as number) ^ 0x01);
    const refused = prove([flipped, ...issuers], anchors).path;
    if (refused.ok || refused.finding.code !== 'SIGNATURE_INVALID') {
      throw new SelfTestFault(`a ${shape} chain with a broken signature is not refused`);
    }
  }
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
