/** `--resume` goes on with the run that stopped, and with no other: what is asked for must be what was. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { RunContext } from '../batch/checkpoint.ts';
import { isUnchanged } from '../batch/inputs.ts';
import type { Plan } from '../batch/plan.ts';
import { loadText } from '../sources/document.ts';
import { type Io, UsageFault } from './io.ts';
import type { ReverifyOptions } from './reverify.ts';

/** What the command line said of the results, by option; files by their SHA-256. Absent: it said nothing. */
export type Asked = Readonly<Record<string, string>>;

type AskedOptions = Pick<
  ReverifyOptions,
  'policy' | 'revocation' | 'anchors' | 'onlyListed' | 'full' | 'records' | 'crossCheckRate'
>;

/** Reads the files that the options name. */
export function askedOf(options: AskedOptions, { folder }: Pick<Io, 'folder'>): Asked {
  const { policy, revocation, anchors, onlyListed, full, records, crossCheckRate } = options;
  const digest = (file: string): string =>
    createHash('sha256')
      .update(loadText(path.resolve(folder, file)))
      .digest('hex');
  const asked = {
    '--policy': policy,
    '--revocation':
      revocation === undefined || revocation === 'none' ? revocation : digest(revocation),
    '--anchors': anchors === undefined ? undefined : path.resolve(folder, anchors),
    '--only-listed': onlyListed?.map(digest).join(' '),
    '--full': full === true ? 'yes' : undefined,
    '--records': records === true ? 'yes' : undefined,
    '--cross-check-rate': crossCheckRate,
  };
  return Object.fromEntries(
    Object.entries(asked).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

/** A run goes on only with the inputs it began with. Throws `UsageFault`. */
export function checkInputs({ plan }: RunContext, now: Plan): void {
  for (const input of inputsOf(plan)) {
    if (isUnchanged(input)) continue;
    throw new UsageFault(`${input.file}: has changed since the run began; it cannot be resumed`);
  }
  const began = new Set(inputsOf(plan).map(({ file }) => file));
  // Where output goes into the folder of the input, the run's own files stand there too.
  const { base } = now;
  const isOwn = (file: string | null): boolean =>
    file === base || [`${base}.`, `${base}${path.sep}`].some((each) => file?.startsWith(each));
  const others = inputsOf(now).filter(({ file }) => !began.has(file) && !isOwn(file));
  if (others.length === 0) return;
  throw new UsageFault(
    `${others[0]?.file ?? '-'}: was not there when the run began; resume it with the inputs it had`,
  );
}

function inputsOf({ units }: Plan) {
  return units.flatMap(({ inputs }) => inputs);
}

/** What is said again must be what was said; what is left out stays as it was. Throws `UsageFault`. */
export function checkAsked(before: Asked, now: Asked): void {
  for (const [name, text] of Object.entries(now)) {
    if (before[name] === text) continue;
    throw new UsageFault(
      `${name}: the run that stopped was begun ${
        before[name] === undefined ? 'without it' : 'with another one'
      }; resume it as it was begun, or write to another --out`,
    );
  }
}
