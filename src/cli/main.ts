/**
 * The command line. Commands are imported when they are called, so that `--help` and `explain` start
 * without loading what verifies.
 */
import { Command, CommanderError, Option } from 'commander';
import { mayColour, userFolder } from '../config.ts';
import { ConfigurationFault } from '../sources/document.ts';
import { VERIFIER } from '../sources/package-root.ts';
import {
  addAuditCommands,
  addRevocationCommands,
  format,
  type SetExitCode,
} from './command-groups.ts';
import { EXIT, type Io, UsageFault } from './io.ts';
import { toPrintable } from './printable.ts';

/** Runs with the process's arguments and streams, and sets its exit code. */
export async function main(): Promise<void> {
  // A reader that went away (`| head`) hears nothing more; the exit code is still the verdict's.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(EXIT.internal);
  });
  const colour = mayColour(process.stdout);
  process.exitCode = await run(process.argv.slice(2), {
    out: (text) => void process.stdout.write(toPrintable(text, { colour })),
    err: (text) => void process.stderr.write(toPrintable(text, { colour: false })),
    readStdin,
    folder: userFolder(),
    now: Date.now,
    colour,
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
    .option('--policy <NAME|FILE>', 'policy to judge by (default: android-hardware)')
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
    .option('--releases <FILE>', 'registry of releases in place of the configured one')
    .option(
      '--context <JSON>',
      'what you know of the device: {"cohort": .., "floor": ..}; only narrows',
    )
    .option(
      '--last-report <FILE>',
      'an earlier report on the same device: the floor it must not fall below',
    )
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

  anchors
    .command('calendar')
    .description('When each anchor and each known intermediate runs out, soonest first.')
    .addOption(format(['text', 'json']))
    .action(async (options) => {
      const { showCalendar } = await import('./calendar.ts');
      exit(showCalendar(options, io));
    });

  addRevocationCommands(program, io, exit);

  const policy = program.command('policy').description('The policies evidence is judged by.');
  policy
    .command('list')
    .description('List the policies that exist here.')
    .addOption(format(['text', 'json']))
    .action(async (options) => {
      const { listPolicies } = await import('./policy/show.ts');
      exit(listPolicies(options, io));
    });
  policy
    .command('show')
    .description('Print a policy as a document, to read or to start one of your own from.')
    .argument('<NAME>', 'id of a policy')
    .action(async (name: string) => {
      const { showPolicy } = await import('./policy/show.ts');
      exit(showPolicy(name, io));
    });
  policy
    .command('check')
    .description('Check a policy document, and say in plain sentences what it asks.')
    .argument('<FILE|NAME>', 'a policy document, or the id of a policy')
    .action(async (file: string) => {
      const { checkPolicy } = await import('./policy/show.ts');
      exit(checkPolicy(file, io));
    });
  policy
    .command('schema')
    .description('Print the JSON Schema of policy documents.')
    .action(async () => {
      const { printPolicySchema } = await import('./policy/show.ts');
      exit(printPolicySchema(io));
    });
  policy
    .command('try')
    .description(
      'Judge stored reports or chains under a policy, and show what would change. Exit code 1: something accepted would not be.',
    )
    .argument('<FILE|NAME>', 'the candidate: a policy document, or the id of a policy')
    .requiredOption('--against <DIR|FILE>', 'stored reports, batch records, or chains')
    .option('--policy <NAME|FILE>', 'what chains are judged by now (default: android-hardware)')
    .option('--revocation <FILE|none>', 'status list for chains; none: do not check')
    .option('--anchors <DIR>', 'anchors for chains in place of the built-in ones (test only)')
    .addOption(format(['text', 'json']))
    .action(async (file: string, options) => {
      const { tryPolicy } = await import('./policy/try.ts');
      exit(await tryPolicy(file, options, io));
    });

  const releases = program
    .command('releases')
    .description('Registries of operating system releases: check, show, sign, import.');
  releases
    .command('check')
    .description('Check a registry: form, contents, signature, expiry.')
    .argument('<FILE>', 'registry: JSON, or a signed one')
    .option('--keys <FILE>', 'public keys that may have signed it: JWK Set or PEM')
    .action(async (file: string, options) => {
      const { checkReleases } = await import('./releases.ts');
      exit(checkReleases(file, options, io));
    });
  releases
    .command('show')
    .description('Show the releases and known systems of a registry.')
    .argument('[FILE]', 'registry (default: the one in force)')
    .option('--keys <FILE>', 'public keys that may have signed it: JWK Set or PEM')
    .addOption(format(['text', 'json']))
    .action(async (file: string | undefined, options) => {
      const { showReleases } = await import('./releases.ts');
      exit(showReleases(file, options, io));
    });
  releases
    .command('sign')
    .description('Sign a registry with a key that signs nothing else.')
    .argument('<FILE>', 'registry as JSON')
    .requiredOption('--key <FILE>', 'private key, PKCS #8 PEM: Ed25519 or P-256')
    .option('--out <FILE|->', 'where to write', '-')
    .action(async (file: string, options) => {
      const { signReleases } = await import('./releases.ts');
      exit(await signReleases(file, options, io));
    });
  releases
    .command('import')
    .description('Compute boot keys and vbmeta digests from what a build ships.')
    .argument('<FILE>', 'avb_pkmd.bin, a vbmeta image, or GrapheneOS’s attestation.json')
    .option('--name <NAME>', 'name of the release or system')
    .option('--model <MODEL...>', 'models it is for, as devices attest them')
    .option('--channel <CHANNEL>', 'channel of the release')
    .option('--signature <FILE>', 'signature of a list (default: FILE.sig)')
    .option('--signers <FILE>', 'OpenSSH allowed_signers file: who may have signed a list')
    .action(async (file: string, options) => {
      const { importReleases } = await import('./import-releases.ts');
      exit(importReleases(file, options, io));
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
    .command('token')
    .description('Documents signed by a verifier.')
    .command('verify')
    .description('Verify a signed document offline. Exit code 0: it is good; 1: it is refused.')
    .argument('<FILE>', 'the token; - is standard input')
    .requiredOption('--keys <FILE>', 'keys that may have signed it: JSON Web Key Set, or one PEM')
    .option(
      '--kind <KIND>',
      'what it must be: ear, enrolment, recheck, auditHead, registry, bundle',
      'ear',
    )
    .option('--audience <AUDIENCE>', 'who it must be for')
    .option('--issuer <ISSUER>', 'who it must be by')
    .option('--challenge <BYTES>', 'challenge it must answer: hex:.., base64url:.. or text:..')
    .option('--at <RFC3339>', 'judge its times as of then')
    .addOption(format(['text', 'json']))
    .action(async (file: string, options) => {
      const { verifyToken } = await import('./token.ts');
      exit(await verifyToken(file, options, io));
    });

  addAuditCommands(program, io, exit);

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
    .option('--listeners <COUNT>', 'threads that share the port and verify what they accept')
    .option('--config <FILE>', 'configuration file (JSON)')
    .option('--print-config', 'show the effective configuration and stop')
    .action(async (options) => {
      const { serve } = await import('./serve.ts');
      exit(await serve(options, io));
    });

  return program;
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
