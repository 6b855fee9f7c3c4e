/** `attest reproduce`: derives a stored report again from its evidence and the archive. */
import { accessSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Archive, ArchiveFault } from '../audit/archive.ts';
import { archiveFolder, trailFile } from '../audit/files.ts';
import { bareReport, type Reproduction, reproduce } from '../audit/reproduce.ts';
import { KeptStates } from '../audit/states.ts';
import { REPORT_VERSION, type Report } from '../core/report/index.ts';
import type { VerifyRequest } from '../request/index.ts';
import { folderNamed } from './audit.ts';
import { readEvidence, UnreadableInput } from './evidence-file.ts';
import { EXIT, type Io } from './io.ts';

export interface ReproduceOptions {
  readonly chain: string;
  readonly audit?: string;
  readonly format?: 'text' | 'json';
}

/** Exit code 0: the same, byte for byte; 1: it differs; 2: the archive lacks what the report names. */
export async function reproduceReport(
  file: string,
  options: ReproduceOptions,
  io: Io,
): Promise<number> {
  const folder = folderNamed(options.audit, io);
  let stored: Report;
  let request: VerifyRequest;
  try {
    stored = readReport(file, io);
    request = await readEvidence(options.chain, io);
    accessSync(trailFile(folder));
  } catch (error) {
    const { code, path: place = options.chain } = error as NodeJS.ErrnoException;
    const isKnown = error instanceof UnreadableInput || error instanceof SyntaxError;
    if (!isKnown && code === undefined) throw error;
    io.err(`error: ${place}: ${isKnown ? (error as Error).message : code}\n`);
    return EXIT.unreadable;
  }
  const best = await attempt(stored, request, folder, io);
  if (best === null) return EXIT.inconclusive;
  const isSame = best.differences.length === 0;
  if (options.format === 'json') {
    const { differences, takenFromReport, report } = best;
    io.out(`${JSON.stringify({ reproduced: isSame, differences, takenFromReport, report })}\n`);
  } else {
    io.out(render(stored, best));
  }
  return isSame ? EXIT.accept : EXIT.reject;
}

async function attempt(
  stored: Report,
  request: VerifyRequest,
  folder: string,
  io: Io,
): Promise<Reproduction | null> {
  try {
    const states = await KeptStates.of(folder, new Archive(archiveFolder(folder)));
    const made = (await states.candidates(stored)).map((each) => reproduce(stored, request, each));
    const [first] = made;
    if (first !== undefined)
      return made.find(({ differences }) => differences.length === 0) ?? first;
    io.out(
      `not reproduced: the archive in ${folder} has no state with policy ${stored.policy.id} (${stored.policy.digest}) and snapshot ${stored.revocation.snapshot?.id ?? 'none'}\n`,
    );
  } catch (error) {
    if (!(error instanceof ArchiveFault)) throw error;
    io.out(`not reproduced: ${error.message}\n`);
  }
  return null;
}

function readReport(file: string, io: Io): Report {
  const document: unknown = JSON.parse(readFileSync(path.resolve(io.folder, file), 'utf8'));
  const isReport =
    (document as { reportVersion?: unknown } | null)?.reportVersion === REPORT_VERSION;
  if (!isReport) throw new UnreadableInput(`${file} is no report`);
  return bareReport(document as Record<string, unknown>);
}

function render(stored: Report, { differences, takenFromReport }: Reproduction): string {
  const what = `${stored.outcome} by ${stored.policy.id} of ${stored.appraisedAt}`;
  const taken =
    takenFromReport.length === 0
      ? []
      : [
          `taken from the report, because only the moment could tell: ${takenFromReport.join(', ')}`,
        ];
  return differences.length === 0
    ? [`reproduced, byte for byte: ${what}`, ...taken, ''].join('\n')
    : [`not reproduced: ${what}`, ...differences.map((each) => `  ${each}`), ...taken, ''].join(
        '\n',
      );
}
