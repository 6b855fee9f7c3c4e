/** `attest simulate`: evidence as simulated devices would send it. */
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type AnchorName,
  buildsOfReleases,
  createSimulator,
  DEFECTS,
  type Defect,
  type FleetMember,
  type FleetShape,
  REJECTED_DEFECTS,
  simulateFleet,
  stockBuilds,
  toPem,
  writeAnchorsFolder,
} from '../simulator/index.ts';
import { DEVELOPMENT_RELEASES, loadRegistry } from '../sources/releases.ts';
import { parseChallenge, parseCount, parseShare, parseTime } from './arguments.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { startProgress } from './progress.ts';
import { columns } from './render/style.ts';

export interface SimulateOptions {
  readonly shape?: FleetShape;
  readonly anchor: AnchorName;
  readonly anchorsOut?: string;
  readonly count: string;
  readonly bad?: string;
  readonly defect?: readonly string[];
  readonly challenge?: string;
  readonly at?: string;
  readonly seed: string;
  readonly format?: 'pem' | 'ndjson';
  readonly out: string;
}

/** Gives the exit code. */
export async function simulate(options: SimulateOptions, io: Io): Promise<number> {
  if (options.defect?.includes('list')) {
    io.out(`${listDefects()}\n`);
    return EXIT.accept;
  }
  const at = options.at === undefined ? io.now() : parseTime(options.at);
  const simulator = await createSimulator({
    anchor: options.anchor,
    seed: options.seed,
    at,
    builds:
      options.anchor === 'google-like'
        ? stockBuilds(at)
        : buildsOfReleases(loadRegistry(DEVELOPMENT_RELEASES).releases),
  });
  if (options.anchorsOut !== undefined) {
    writeAnchorsFolder(path.resolve(io.folder, options.anchorsOut), simulator.pki);
  }
  const count = parseCount('--count', 1)(options.count);
  const fleet = simulateFleet(simulator, {
    count,
    shapes: [options.shape ?? 'remote'],
    ...chooseDefects(options),
    challenge: options.challenge === undefined ? null : parseChallenge(options.challenge),
  });
  await write(fleet, count, at, options, io);
  return EXIT.accept;
}

function listDefects(): string {
  return columns(
    DEFECTS.map(({ name, rule, expects, summary }) => [
      name,
      rule,
      expects === 'nothing' ? 'accepted' : expects.code,
      summary,
    ]),
    '',
  );
}

/** Named defects go into every chain, unless a share says otherwise; a share alone mixes them all. */
function chooseDefects({ defect: names, bad }: SimulateOptions) {
  const defects = names?.map(defectNamed) ?? REJECTED_DEFECTS;
  const share = bad === undefined ? undefined : parseShare(bad);
  return { defects, bad: share ?? (names === undefined ? 0 : 1) };
}

function defectNamed(name: string): Defect {
  const defect = DEFECTS.find((each) => each.name === name);
  if (defect === undefined) throw new UsageFault(`no defect ${name}; --defect list names them`);
  return defect;
}

async function write(
  fleet: Iterable<FleetMember>,
  count: number,
  at: number,
  options: SimulateOptions,
  io: Io,
): Promise<void> {
  const toStdout = options.out === '-';
  const out = path.resolve(io.folder, options.out);
  const isFolder = !toStdout && (/[\\/]$/.test(options.out) || isExistingFolder(out));
  const format = options.format ?? (options.out.endsWith('.ndjson') ? 'ndjson' : 'pem');
  if (format === 'pem' && count > 1 && !isFolder) {
    throw new UsageFault('many PEM chains need a folder: --out DIR/, or --format ndjson');
  }
  const progress = startProgress(count, 'chains');
  try {
    if (format === 'pem' && isFolder) writeFolder(fleet, out, progress.update);
    else if (toStdout) writeTo((text) => io.out(text), fleet, at, format, progress.update);
    else {
      const file = isFolder ? path.join(out, 'simulated.ndjson') : out;
      await writeFile(fleet, file, at, format, progress.update);
    }
  } finally {
    progress.stop();
  }
}

function isExistingFolder(place: string): boolean {
  return existsSync(place) && statSync(place).isDirectory();
}

type Update = (done: number) => void;

function writeFolder(fleet: Iterable<FleetMember>, folder: string, update: Update): void {
  mkdirSync(folder, { recursive: true });
  let done = 0;
  for (const { evidence } of fleet) {
    done += 1;
    const name = `chain-${String(done).padStart(6, '0')}.pem`;
    writeFileSync(path.join(folder, name), toPem(evidence.chain));
    update(done);
  }
}

function writeTo(
  print: (text: string) => void,
  fleet: Iterable<FleetMember>,
  at: number,
  format: 'pem' | 'ndjson',
  update: Update,
): void {
  let done = 0;
  for (const member of fleet) {
    done += 1;
    print(toText(member, done, at, format));
    update(done);
  }
}

/** A slow disk slows the simulator, so that memory does not grow with the fleet. */
async function writeFile(
  fleet: Iterable<FleetMember>,
  file: string,
  at: number,
  format: 'pem' | 'ndjson',
  update: Update,
): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true });
  const stream = createWriteStream(file);
  let done = 0;
  for (const member of fleet) {
    done += 1;
    if (!stream.write(toText(member, done, at, format))) await once(stream, 'drain');
    update(done);
  }
  stream.end();
  await once(stream, 'finish');
}

/** A PEM bundle, or one line of a batch. */
function toText(
  { evidence, shape, defect }: FleetMember,
  number: number,
  at: number,
  format: 'pem' | 'ndjson',
): string {
  if (format === 'pem') return toPem(evidence.chain);
  const record = {
    id: `simulated-${String(number).padStart(7, '0')}`,
    chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
    receivedAt: new Date(at).toISOString(),
    challenge: Buffer.from(evidence.challenge).toString('base64url'),
    simulated: { shape, defect },
  };
  return `${JSON.stringify(record)}\n`;
}
