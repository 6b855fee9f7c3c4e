/** A worker for tests: ends its thread, hangs or fails when a body says so; else the real one. */

import type { Answer, Batch } from '../../src/pool/protocol.ts';
import { answerBatch as answerReally } from '../../src/pool/worker.ts';

export function answerBatch(batch: Batch): readonly Answer[] {
  for (const { body } of batch.jobs) {
    if (body.includes('please-die')) process.exit(3);
    if (body.includes('please-throw')) throw new Error('a defect of ours, with a secret in it');
  }
  return answerReally(batch);
}
