/**
 * The command line. Commands are imported when they are called, so that `--help` and `explain` start
 * without loading what verifies.
 */
import { Command, CommanderError, Option } from 'commander';
import { mayColour, userFolder } from '../config.ts';
import { ConfigurationFault } from '../sources/document.ts';
import { VERIFIER } from '../sources/package-root.ts';
import { EXIT, type Io, UsageFault } from './io.ts';

/** Runs with the process's arguments and streams, and sets its exit code. */
export async function main(): Promise<void> {
  // A reader that went away (`| head`) ends the program quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.accept : EXIT.internal);
  });
  process.exitCode = await run(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readStdin,
    folder: userFolder(),
    now: Date.now,
    colour: mayColour(process.stdout),
    width: process.stdout.columns ?? 100,
  });
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Runs one command line. Gives the exit code; never throws. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.accept;
  const program = buildProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explainFailure(error, io);
  }
}

type SetExitCode = (code: number) => void;

function buildProgram(io: Io, exit: SetExitCode): Command {
  const program = new Command('enigm-attest');
  program
    .description('Verifies Android Key Attestation certificate chains.')
    .version(VERIFIER.version)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(--help says more)');

  program
    .command('verify')
    .description(
      'Judge the chains in FILEs. Exit code 0: all accepted; 1: one rejected; 2: undecided.',
    )
    .argument('<FILE...>', 'PEM bundle, JSON array, JSON request or DER; - is standard input')
    .addOption(format(['text', 'json']))
    .option('--policy <NAME>', 'policy to judge by (default: android-hardware)')
    .option('--at <RFC3339>', 'judge the evidence as of then; revocation is always today’s')
    .option(
      '--challenge <BYTES>',
      'challenge the device was given: hex:.., base64url:.. or text:..',
    )
    .option('--no-challenge', 'leave the challenge unchecked, and say so in the report')
    .option(
      '--revocation <FILE|none>',
      'status list to use, current by your word; none: do not check',
    )
    .option('--anchors <DIR>', 'trust these anchors in place of the built-in ones (test only)')
    .option('--public-key <FILE>', 'key the attested one must equal: PEM, DER or JWK')
    .option('--cross-check', 'also run the second, independent verifier and report disagreements')
    .addHelpText(
      'after',
      '\nThe policy “inspect” (chain and revocation decide) is not the command “inspect” (trusts nothing).',
    )
    .action(async (files: string[], options) => {
      const { verify } = await import('./verify.ts');
      exit(await verify(files, options, io));
    });

  program
    .command('inspect')
    .description('Show what the bytes claim, without verifying or trusting any of it.')
    .argument('<FILE...>', 'as for verify')
    .addOption(format(['text', 'json']))
    .addHelpText(
      'after',
      '\nNothing is checked here. To judge a chain by its signatures and revocation alone, use\n  enigm-attest verify --policy inspect FILE',
    )
    .action(async (files: string[], options) => {
      const { inspect } = await import('./inspect.ts');
      exit(await inspect(files, options, io));
    });

  const anchors = program.command('anchors').description('The anchors this verifier trusts.');
  anchors
    .command('list')
    .description('List anchors, and the software keys that are refused.')
    .addOption(format(['text', 'json']))
    .option('--anchors <DIR>', 'look at these in place of the built-in ones')
    .action(async (options) => {
      const { listAnchors } = await import('./anchors.ts');
      exit(listAnchors(options, io));
    });
  anchors
    .command('check')
    .description('Check every anchor: file, digest, key, self-signature, dates.')
    .option('--anchors <DIR>', 'look at these in place of the built-in ones')
    .action(async (options) => {
      const { checkAnchors } = await import('./anchors.ts');
      exit(checkAnchors(options, io));
    });

  program
    .command('simulate')
    .description('Make the chains simulated devices would send, sound or with a named defect.')
    .addOption(
      new Option('--shape <SHAPE>', 'layout of the chain').choices([
        'remote',
        'factory',
        'attest-key',
        'software',
      ]),
    )
    .addOption(
      new Option('--anchor <ANCHOR>', 'whose devices')
        .choices(['enigm-development', 'google-like'])
        .default('enigm-development'),
    )
    .option('--anchors-out <DIR>', 'also write the anchors of these devices, for --anchors')
    .option('--count <N>', 'how many chains', '1')
    .option('--bad <SHARE>', 'share of chains that get a defect, from 0 to 1')
    .option('--defect <NAME...>', 'defects to put in; “list” names them')
    .option('--challenge <BYTES>', 'challenge the devices answer: hex:.., base64url:.. or text:..')
    .option('--at <RFC3339>', 'when the devices answer (default: now)')
    .option('--seed <TEXT>', 'same seed, same devices, keys and defects', '1')
    .option(
      '--statement [FIELDS]',
      'with a statement signed by the attested key; all in order, or NAME=WORD,… of your own',
    )
    .addOption(format(['pem', 'ndjson', 'request']))
    .option('--out <FILE|DIR|->', 'where to write', '-')
    .action(async (options) => {
      const { simulate } = await import('./simulate.ts');
      exit(await simulate(options, io));
    });

  program
    .command('reverify')
    .description('Judge stored evidence again: NDJSON records, plain, gzip or zstd.')
    .option('--in <PLACE...>', 'files, folders, or - for standard input')
    .option('--out <FILE|DIR|->', 'where results go')
    .option('--policy <NAME>', 'policy of records that name none (default: android-hardware)')
    .option('--revocation <FILE|none>', 'as for verify')
    .option('--anchors <DIR>', 'as for verify')
    .option('--full', 'whole reports in the results')
    .option('--records', 'signed recheck records in the results, to keep in place of the evidence')
    .option('--resume', 'go on where a run stopped')
    .option('--changed-since <RESULTS>', 'earlier results: say who changed, and why')
    .option(
      '--only-listed <OLD NEW...>',
      'judge only records with a serial that NEW lists and OLD does not',
    )
    .option(
      '--index <FILE>',
      'index of serials and issuing keys: made if it is not there, then used',
    )
    .option('--find <HEX...>', 'with --index: where a serial or the SHA-256 of a key stands')
    .option('--cross-check-rate <SHARE>', 'share of records that a second verifier judges too')
    .option('--stop-on-disagreement', 'stop when the two verifiers differ')
    .option('--checkpoint-ms <MS>', 'milliseconds between checkpoints', '2000')
    .option('--workers <N>', 'worker threads')
    .option('--queue <URL>', 'hand the work to `attest worker` processes: redis://HOST:PORT')
    .option('--shard-bytes <N>', 'input in one shard of --queue', '33554432')
    .option('--status', 'with --queue: what waits, who works, what was set aside')
    .addOption(format(['text', 'json']))
    .action(async (options) => {
      const { reverify } = await import('./reverify.ts');
      exit(await reverify(options, io));
    });

  program
    .command('worker')
    .description('Take batch work from a queue until told to stop.')
    .requiredOption('--queue <URL>', 'Valkey or Redis: redis://HOST:PORT')
    .option('--workers <N>', 'worker threads')
    .action(async (options) => {
      const { work } = await import('./reverify-queue.ts');
      exit(await work(options, io));
    });

  program
    .command('explain')
    .description('What a finding means, why it matters, what to do.')
    .argument('[CODE]', 'a code of a report; without one, all are listed')
    .addOption(format(['text', 'json']))
    .action(async (code: string | undefined, options) => {
      const { explain } = await import('./explain.ts');
      exit(explain(code, options, io));
    });

  program
    .command('serve')
    .description('Run the service.')
    .option('--host <ADDRESS>', 'address to listen on')
    .option('--port <PORT>', 'port to listen on')
    .option('--config <FILE>', 'configuration file (JSON)')
    .option('--print-config', 'show the effective configuration and stop')
    .action(async (options) => {
      const { serve } = await import('./serve.ts');
      exit(await serve(options, io));
    });

  return program;
}

function format(choices: readonly string[]): Option {
  return new Option('--format <FORMAT>', 'form of the output').choices(choices);
}

/** One line on standard error, and the exit code for it. */
function explainFailure(error: unknown, io: Io): number {
  if (error instanceof CommanderError) {
    // Help and version were asked for; everything else was said by commander already.
    return error.exitCode === 0 ? EXIT.accept : EXIT.usage;
  }
  if (error instanceof UsageFault) {
    io.err(`error: ${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof ConfigurationFault) {
    io.err(`error: ${error.message}\n`);
    return EXIT.configuration;
  }
  io.err(`internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.internal;
}
