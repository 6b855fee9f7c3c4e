/** One shard to its result lines. The same shard gives the same bytes, whoever judges it and how often. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { readBlocks } from './blocks.ts';
import { isUnchanged, openInput } from './inputs.ts';
import { type ChunkJudge, judgeBlocks, type SourceBlock } from './judge-blocks.ts';
import type { RunTerms } from './protocol.ts';
import type { Shard } from './shards.ts';
import type { RunStorage } from './storage.ts';
import { addTallies, NOTHING_COUNTED } from './tally.ts';

export interface ShardJudgeOptions {
  readonly judge: ChunkJudge;
  readonly terms: RunTerms;
  readonly ahead: number;
  readonly onRecords: (records: number) => Promise<void>;
  readonly onPoison: (line: number, cause: unknown) => void;
}

/** Judges a shard and stores its result. Throws where input or storage fail: the shard is tried again. */
export async function judgeShard(
  shard: Shard,
  storage: RunStorage,
  options: ShardJudgeOptions,
): Promise<void> {
  refuseChanged(shard);
  const writer = await storage.writeLines(shard.number);
  const hash = createHash('sha256');
  let tally = NOTHING_COUNTED;
  try {
    for await (const judged of judgeBlocks(shardBlocks(shard), options)) {
      await writer.append(judged.bytes);
      hash.update(judged.bytes);
      tally = addTallies(tally, judged.tally);
      await options.onRecords(tally.records);
    }
    refuseChanged(shard);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  await writer.finish({ tally, sha256: hash.digest('hex') });
}

/** Before it is read, and after: what is taken away meanwhile must not pass for the end of the file. */
function refuseChanged({ input }: Shard): void {
  if (!isUnchanged(input)) throw new Error(`${input.file}: has changed since the run began`);
}

/** The blocks of a shard. */
export async function* shardBlocks(shard: Shard): AsyncGenerator<SourceBlock> {
  const { input, start, end, firstLine, name } = shard;
  const { stream } = openInput(input, Readable.from([]), start, end ?? undefined);
  for await (const block of readBlocks(stream, { offset: start, line: firstLine })) {
    yield { block, source: shard.number, input: name };
  }
}
