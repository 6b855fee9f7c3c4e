/** What the commands of this folder that people call have in common: `--help`, and exit code 64 for a call that is wrong. */
import { Command, InvalidArgumentError, Option } from 'commander';

const USAGE = 64;

export function newCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError('(--help says more)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE));
}

/** One of `scenarios`; a fleet of remote devices unless it is named. */
export function scenarioOption(scenarios: Readonly<Record<string, unknown>>): Option {
  const option = new Option('--scenario <NAME>', 'which devices');
  return option.choices(Object.keys(scenarios)).default('rkp-fleet');
}

/** A number above 0. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || value === Number.POSITIVE_INFINITY) {
    throw new InvalidArgumentError('it is a number above 0');
  }
  return value;
}

/** An integer above 0. */
export function parseCount(text: string): number {
  const value = parsePositive(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('it is an integer above 0');
  return value;
}
