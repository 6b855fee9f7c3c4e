/** The commands that come in groups of their own: what each is called and takes; what it does is loaded when it runs. */
import { type Command, Option } from 'commander';
import type { Io } from './io.ts';

/** Takes the exit code of the command that ran. */
export type SetExitCode = (code: number) => void;

export function addAuditCommands(program: Command, io: Io, exit: SetExitCode): void {
  program
    .command('audit')
    .description('The trail of decisions and of what they rested on.')
    .command('check')
    .description(
      'Check records, order, links, signed heads and archive. Exit code 0: sound; 1: not; 2: nothing signed covers its end.',
    )
    .argument('[DIR]', 'audit folder (default: the configured one)')
    .option('--keys <FILE>', 'keys of the heads: JSON Web Key Set, or one PEM (default: our own)')
    .option('--head <FILE...>', 'heads that were kept elsewhere, such as in a log')
    .addOption(format(['text', 'json']))
    .action(async (folder: string | undefined, options) => {
      const { checkAudit } = await import('./audit.ts');
      exit(await checkAudit(folder, options, io));
    });
  program
    .command('reproduce')
    .description(
      'Derive a stored report again. Exit code 0: the same, byte for byte; 1: it differs; 2: the archive lacks what it names.',
    )
    .argument('<REPORT>', 'report as it was answered')
    .requiredOption('--chain <FILE>', 'its chain, or better the whole request; - is standard input')
    .option('--audit <DIR>', 'audit folder (default: the configured one)')
    .addOption(format(['text', 'json']))
    .action(async (file: string, options) => {
      const { reproduceReport } = await import('./reproduce.ts');
      exit(await reproduceReport(file, options, io));
    });
}

export function addRevocationCommands(program: Command, io: Io, exit: SetExitCode): void {
  const revocation = program.command('revocation').description('Revocation lists on this machine.');
  revocation
    .command('fetch')
    .description('Fetch the lists now and store those that hold up. Exit code 2: one did not.')
    .option('--source <ID>', 'only this source')
    .option('--allow-shrink', 'take lists that lost more than a tenth of their entries')
    .addOption(format(['text', 'json']))
    .action(async (options) => {
      const { fetchLists } = await import('./revocation.ts');
      exit(await fetchLists(options, io));
    });
  revocation
    .command('show')
    .description('What is in force on this machine, from where, and how old it is.')
    .addOption(format(['text', 'json']))
    .action(async (options) => {
      const { showLists } = await import('./revocation.ts');
      exit(await showLists(options, io));
    });
  revocation
    .command('check')
    .description('Look serials up. Exit code 1: one is listed.')
    .argument(
      '<SERIAL|FILE...>',
      'serial number in hex, or evidence whose certificates are looked up',
    )
    .option('--revocation <FILE>', 'status list to add, current by your word')
    .addOption(format(['text', 'json']))
    .action(async (things: string[], options) => {
      const { checkSerials } = await import('./revocation.ts');
      exit(await checkSerials(things, options, io));
    });
  revocation
    .command('diff')
    .description('Entries added, removed and changed between two status lists.')
    .argument('<OLD>', 'status list')
    .argument('<NEW>', 'status list')
    .addOption(format(['text', 'json']))
    .action(async (before: string, after: string, options) => {
      const { diffLists } = await import('./revocation.ts');
      exit(diffLists([before, after], options, io));
    });
  revocation
    .command('bundle')
    .description('Put the stored lists, the policies and the anchors into one signed file.')
    .requiredOption('--key <FILE>', 'private key that signs: Ed25519, P-256 or P-384, PKCS #8 PEM')
    .requiredOption('--sequence <N>', 'number of the bundle, higher than that of the last one')
    .requiredOption('--expires <RFC3339>', 'from when on it is refused')
    .requiredOption('--out <FILE>', 'where to write it')
    .option('--keys-out <FILE>', 'also write the public key, for bundleKeys')
    .action(async (options) => {
      const { makeBundle } = await import('./revocation-bundle.ts');
      exit(await makeBundle(options, io));
    });
  revocation
    .command('import')
    .description('Verify a bundle and take its lists. Exit code 1: it is refused.')
    .argument('<FILE>', 'bundle')
    .option('--keys <FILE>', 'public keys that may sign it (default: the setting bundleKeys)')
    .action(async (file: string, options) => {
      const { importBundle } = await import('./revocation-bundle.ts');
      exit(await importBundle(file, options, io));
    });
}

export function format(choices: readonly string[]): Option {
  return new Option('--format <FORMAT>', 'form of the output').choices(choices);
}
