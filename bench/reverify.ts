/**
 * What `attest reverify` makes of a fleet: exact counts, rate, memory, the same bytes twice, the ratio to
 * judging in process on one thread, and three ways to find a newly listed serial.
 *
 *     node bench/make-fleet.ts FLEET.ndjson COUNT SEED
 *     node bench/reverify.ts FLEET.ndjson...
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { serialsOf } from '../src/batch/impact.ts';
import { judgeChunk } from '../src/batch/judge-chunk.ts';
import type { RunTerms } from '../src/batch/protocol.ts';
import { loadConfig } from '../src/config.ts';
import { createMemory } from '../src/pool/memory.ts';
import { DEFECTS } from '../src/simulator/index.ts';
import { loadTrustMaterial } from '../src/sources/load-trust.ts';
import { ROOTS } from '../src/sources/package-root.ts';
import { loadBundledSnapshot } from '../src/sources/revocation.ts';
import { buildTrust } from '../src/sources/trust.ts';

const fleet = process.argv.slice(2).map((file) => path.resolve(file));
if (fleet.length === 0) throw new Error('FLEET.ndjson... (bench/make-fleet.ts makes one)');
const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-bench-'));
const POLICY = 'enigm-development';

interface Ran {
  readonly seconds: number;
  readonly peakMb: number;
  readonly exitCode: number | null;
  readonly summary: Record<string, unknown> & { records: number };
}

/** Runs the command as a user would, and watches its memory. */
async function reverify(out: string, ...more: readonly string[]): Promise<Ran> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...['src/cli/bin.ts', 'reverify', '--in', ...fleet, '--out', path.join(folder, out)],
      ...['--policy', POLICY, '--format', 'json', ...more],
    ],
    {
      env: { ...process.env, ENIGM_ATTEST_ENVIRONMENT: 'development' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  let peakMb = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended, or this is no Linux: the last figure stands.
    }
  }, 100);
  const exitCode = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  clearInterval(timer);
  return {
    seconds: (performance.now() - started) / 1000,
    peakMb,
    exitCode,
    summary: JSON.parse(printed),
  };
}

async function* linesOf(file: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
}

/** Every result against what was made: its outcome, and for a bad chain the code of what is wrong with it. */
async function countMistakes(
  out: string,
): Promise<{ mistakes: number; bad: number; sample: string[] }> {
  const results = linesOf(path.join(folder, out));
  let [mistakes, bad] = [0, 0];
  let sample: string[] = [];
  for (const file of fleet) {
    for await (const line of linesOf(file)) {
      const { id, simulated, chain } = JSON.parse(line);
      const result = JSON.parse((await results.next()).value ?? 'null');
      // Shared by a batch of sound devices: a chain that proves nothing has no revocation to find.
      if (simulated.shape === 'factory' && simulated.defect === null) sample = chain;
      const defect = DEFECTS.find(({ name }) => name === simulated.defect);
      if (simulated.defect !== null) bad += 1;
      const isRight =
        result?.id === id &&
        (defect === undefined
          ? result.outcome === 'accept'
          : result.outcome === 'reject' &&
            defect.expects !== 'nothing' &&
            result.codes.includes(defect.expects.code));
      if (!isRight) mistakes += 1;
    }
  }
  return { mistakes, bad, sample };
}

/**
 * Records a second on this thread, with nothing of the pool, files or order around it: chunk by chunk as a
 * worker gets them, each record once, and with a worker's memory.
 */
function inProcess(seconds: number): number {
  const trust = buildTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {})));
  const memory = createMemory();
  const terms: RunTerms = {
    appraisedAt: Date.UTC(2026, 10, 22, 12),
    revocation: loadBundledSnapshot(ROOTS),
    policy: POLICY,
    form: 'brief',
    facts: false,
    recordKeys: { keys: [] },
    only: null,
    crossCheckRate: 0,
  };
  const bytes = readStart(fleet[0] as string, 200_000_000);
  let records = 0;
  let judgedMs = 0;
  for (let from = 0; judgedMs < seconds * 1000 && from < bytes.length; ) {
    const to = bytes.lastIndexOf(0x0a, from + CHUNK_BYTES) + 1;
    const chunk = { terms, bytes: bytes.subarray(from, to), firstLine: 1, input: null };
    const started = performance.now();
    const { tally } = judgeChunk(chunk, trust, memory);
    // Code is compiled as it runs: the first chunks are not counted.
    if (from > 10 * CHUNK_BYTES) {
      records += tally.records;
      judgedMs += performance.now() - started;
    }
    from = to;
  }
  return (records * 1000) / judgedMs;
}

const CHUNK_BYTES = 262_144;

/** At most so many bytes of a file, whole lines. */
function readStart(file: string, most: number): Buffer {
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.alloc(Math.min(most, statSync(file).size));
  readSync(descriptor, bytes);
  closeSync(descriptor);
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
}

const say = (name: string, figure: unknown): void =>
  console.log(`${name}: ${JSON.stringify(figure)}`);
const rateOf = ({ summary, seconds }: Ran): number => Math.round(summary.records / seconds);

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`);
const alone = Math.round(inProcess(5));
const first = await reverify('first');
const again = await reverify('again');
const { mistakes, bad, sample } = await countMistakes('first');
say('records', first.summary.records);
say('outcomes', first.summary['outcomes']);
say('codes', first.summary['codes']);
say('made bad', bad);
say('results other than what was made', mistakes);
if (mistakes > 0) process.exitCode = 1;
say('peak memory, MB', Math.round(first.peakMb));
say('a second', [rateOf(first), rateOf(again)]);
say('in process, one thread, a second', alone);
say('ratio to one thread', Number((rateOf(first) / alone).toFixed(2)));
const read = (name: string): Buffer => readFileSync(path.join(folder, name));
say('same bytes twice', read('first').equals(read('again')));

// The serial of an attestation certificate that a batch of factory devices shares is newly listed.
const serial = Buffer.from(
  serialsOf(sample.map((text) => Buffer.from(text, 'base64')))[1] as Uint8Array,
)
  .toString('hex')
  .replace(/^0+/, '');
const list = (serials: readonly string[]): string =>
  JSON.stringify({
    entries: Object.fromEntries(serials.map((each) => [each, { status: 'REVOKED' }])),
  });
const [older, newer] = [path.join(folder, 'old.json'), path.join(folder, 'new.json')];
writeFileSync(older, list(['abc']));
writeFileSync(newer, list(['abc', serial]));
const listed = ['--revocation', newer, '--only-listed', older, newer];
const scan = await reverify('scan', ...listed);
const index = ['--index', path.join(folder, 'index.sqlite')];
const built = await reverify('built', ...listed, ...index);
const asked = await reverify('asked', ...listed, ...index);
const full = await reverify('full', '--revocation', newer);
const linesOfRevoked = (name: string): readonly string[] =>
  read(name)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.includes('"CERTIFICATE_REVOKED"'));
// Some of the bad chains are listed already.
const before = new Set(linesOfRevoked('first').map((line) => JSON.parse(line).id));
const revoked = linesOfRevoked('full').filter((line) => !before.has(JSON.parse(line).id));
const sets = ['scan', 'built', 'asked'].map((name) => read(name).toString('utf8'));
say(
  'found by scan, index and full run',
  [scan, built, asked].map(({ summary }) => summary.records).concat(revoked.length),
);
say(
  'the same set each time',
  sets.every((set) => set === `${revoked.join('\n')}\n`),
);
const seconds = (ran: Ran): number => Number(ran.seconds.toFixed(2));
say('seconds', {
  scan: seconds(scan),
  indexMade: seconds(built),
  indexAsked: seconds(asked),
  full: seconds(full),
});
rmSync(folder, { recursive: true });
