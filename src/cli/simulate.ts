/** `attest simulate`: evidence as simulated devices would send it. */
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { STATEMENT_FIELDS } from '../core/statement/index.ts';
import {
  type AnchorName,
  buildsOfReleases,
  createSimulator,
  DEFECTS,
  type Defect,
  type FleetMember,
  type FleetShape,
  rejectedDefectsOf,
  signStatement,
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
  readonly format?: Format;
  /** True for everything in order; text for NAME=WORD, several with commas. */
  readonly statement?: true | string;
  readonly out: string;
}

type Format = 'pem' | 'ndjson' | 'request';

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
function chooseDefects({ anchor, defect: names, bad }: SimulateOptions) {
  const defects = names?.map(defectNamed) ?? rejectedDefectsOf(anchor);
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
  const asText = toText(format, at, options);
  if (format !== 'ndjson' && count > 1 && !isFolder) {
    throw new UsageFault('many PEM chains need a folder: --out DIR/, or --format ndjson');
  }
  if (format === 'pem' && options.statement !== undefined) {
    throw new UsageFault('PEM has no place for a statement: --format request, or ndjson');
  }
  const progress = startProgress(count, 'chains');
  try {
    if (format !== 'ndjson' && isFolder) {
      writeFolder(fleet, out, format === 'pem' ? 'pem' : 'json', asText, progress.update);
    } else if (toStdout) writeTo((text) => io.out(text), fleet, asText, progress.update);
    else {
      const file = isFolder ? path.join(out, 'simulated.ndjson') : out;
      await writeFile(fleet, file, asText, progress.update);
    }
  } finally {
    progress.stop();
  }
}

function isExistingFolder(place: string): boolean {
  return existsSync(place) && statSync(place).isDirectory();
}

type Update = (done: number) => void;
type AsText = (member: FleetMember, number: number) => string;

function writeFolder(
  fleet: Iterable<FleetMember>,
  folder: string,
  extension: string,
  asText: AsText,
  update: Update,
): void {
  mkdirSync(folder, { recursive: true });
  let done = 0;
  for (const member of fleet) {
    done += 1;
    const name = `chain-${String(done).padStart(6, '0')}.${extension}`;
    writeFileSync(path.join(folder, name), asText(member, done));
    update(done);
  }
}

function writeTo(
  print: (text: string) => void,
  fleet: Iterable<FleetMember>,
  asText: AsText,
  update: Update,
): void {
  let done = 0;
  for (const member of fleet) {
    done += 1;
    print(asText(member, done));
    update(done);
  }
}

/** A slow disk slows the simulator, so that memory does not grow with the fleet. */
async function writeFile(
  fleet: Iterable<FleetMember>,
  file: string,
  asText: AsText,
  update: Update,
): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true });
  const stream = createWriteStream(file);
  let done = 0;
  for (const member of fleet) {
    done += 1;
    if (!stream.write(asText(member, done))) await once(stream, 'drain');
    update(done);
  }
  stream.end();
  await once(stream, 'finish');
}

/** A PEM bundle, a request to verify, or one line of a batch. */
function toText(format: Format, at: number, { statement }: SimulateOptions): AsText {
  const fields = typeof statement === 'string' ? parseFields(statement) : undefined;
  return ({ evidence, shape, defect }, number) => {
    if (format === 'pem') return toPem(evidence.chain);
    const chain = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
    const challenge = Buffer.from(evidence.challenge).toString('base64url');
    const signed =
      statement === undefined
        ? {}
        : { statement: signStatement(evidence, { at, ...(fields && { fields }) }) };
    const id = `simulated-${String(number).padStart(7, '0')}`;
    const receivedAt = new Date(at).toISOString();
    const document =
      format === 'request'
        ? { chain, challenge, ...signed }
        : { id, chain, receivedAt, challenge, ...signed, simulated: { shape, defect } };
    return `${JSON.stringify(document)}\n`;
  };
}

/** Fields of a statement, such as `networkPolicy=ENFORCED,privacyMode=ON`. */
function parseFields(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((pair) => pair.split('='));
  for (const [name = '', word = '', ...rest] of pairs) {
    if (!isWordOf(name, word) || rest.length > 0) {
      const known = Object.entries(STATEMENT_FIELDS).map(
        ([each, words]) => `${each}=${words.join('|')}`,
      );
      throw new UsageFault(`a statement says ${known.join(', ')}`);
    }
  }
  return Object.fromEntries(pairs);
}

function isWordOf(name: string, word: string): boolean {
  const words = Object.entries(STATEMENT_FIELDS).find(([each]) => each === name)?.[1] ?? [];
  return (words as readonly string[]).includes(word);
}
