/**
 * Blocks of lines in, results out, in order, with a bounded number of them on the way. A worker that dies
 * takes its chunk with it: the chunk is judged again line by line, and a line that ends its worker once
 * more gets an error result, so that one poisoned record costs one record.
 */
import type { Block, Position } from './blocks.ts';
import type { Chunk, ChunkResult, RunTerms } from './protocol.ts';
import type { RecordFault } from './record.ts';
import { type ErrorPlace, toErrorResult } from './result.ts';
import { addTallies, count, NOTHING_COUNTED, type Tally } from './tally.ts';

/** Judges chunks: a pool, in whatever process. */
export type ChunkJudge = (chunk: Chunk) => Promise<ChunkResult>;

/** A block, and which of the run's sources it is of. */
export interface SourceBlock {
  readonly block: Block;
  readonly source: number;
  /** See `Chunk.input`. */
  readonly input: string | null;
}

export interface JudgedBlock extends ChunkResult {
  readonly source: number;
  /** Where the next block of this source begins. */
  readonly next: Position;
}

export interface JudgeBlocksOptions {
  readonly judge: ChunkJudge;
  readonly terms: RunTerms;
  /** Blocks on the way at once: they bound memory and keep workers busy. */
  readonly ahead: number;
  /** Called for a line that ended two workers. */
  readonly onPoison: (line: number, cause: unknown) => void;
}

/** Judges blocks. Reads on only as fast as results are taken. */
export async function* judgeBlocks(
  blocks: AsyncIterable<SourceBlock>,
  options: JudgeBlocksOptions,
): AsyncGenerator<JudgedBlock> {
  const underway: Promise<JudgedBlock>[] = [];
  try {
    for await (const block of blocks) {
      const judged = judgeBlock(block, options);
      // It is awaited below; until then a rejection must not end the process.
      judged.catch(() => {});
      underway.push(judged);
      if (underway.length >= options.ahead) yield await (underway.shift() as Promise<JudgedBlock>);
    }
    while (underway.length > 0) yield await (underway.shift() as Promise<JudgedBlock>);
  } finally {
    await Promise.allSettled(underway);
  }
}

/** Where the block after this one begins. */
export function positionAfter(block: Block): Position {
  const lines = block.kind === 'fault' ? 1 : countLineFeeds(block.bytes);
  return { offset: block.end, line: block.firstLine + lines };
}

async function judgeBlock(
  { block, source, input }: SourceBlock,
  options: JudgeBlocksOptions,
): Promise<JudgedBlock> {
  const { firstLine } = block;
  const next = positionAfter(block);
  if (block.kind === 'fault') {
    return { ...faultResult({ line: firstLine, input }, block.fault), source, next };
  }
  const chunk = { terms: options.terms, bytes: block.bytes, firstLine, input };
  try {
    return { ...(await options.judge(chunk)), source, next };
  } catch {
    return { ...(await judgeLineByLine(chunk, options)), source, next };
  }
}

async function judgeLineByLine(
  { terms, bytes, firstLine, input }: Chunk,
  { judge, onPoison }: JudgeBlocksOptions,
): Promise<ChunkResult> {
  const results: ChunkResult[] = [];
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue;
    const line = firstLine + index;
    try {
      results.push(await judge({ terms, bytes: Buffer.from(text), firstLine: line, input }));
    } catch (cause) {
      onPoison(line, cause);
      const fault = { code: 'INTERNAL', text: 'verification failed' } as const;
      results.push(faultResult({ line, input }, fault));
    }
  }
  return {
    bytes: Buffer.concat(results.map((each) => each.bytes)),
    tally: results.reduce((sum, { tally }) => addTallies(sum, tally), NOTHING_COUNTED),
    samples: results.flatMap(({ samples }) => samples),
    facts: results.flatMap(({ facts }) => facts),
  };
}

/** One error result, and its count. */
export function faultResult(
  place: ErrorPlace,
  fault: RecordFault,
  id: string | null = null,
): ChunkResult {
  const errors: Record<string, number> = {};
  count(errors, fault.code);
  const outcomes = { ...NOTHING_COUNTED.outcomes, error: 1 };
  const tally: Tally = { ...NOTHING_COUNTED, records: 1, outcomes, errors };
  const result = toErrorResult(id, fault, place);
  return { bytes: Buffer.from(`${JSON.stringify(result)}\n`), tally, samples: [], facts: [] };
}

const LINE_FEED = 0x0a;

function countLineFeeds(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    lines += 1;
  }
  return lines;
}
