/**
 * Random input against what must always hold, for a given time: `npm run fuzz -- --seconds N`.
 *
 * Chains are made by the simulator and changed before or after they are signed; JSON requests and status
 * lists are made of pieces that are nearly right. What breaks an invariant is written to
 * test/vectors/fuzz/, where a test keeps it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { judge } from '../../src/core/judge.ts';
import { prove } from '../../src/core/prove.ts';
import { parseStatusList, StatusListFault } from '../../src/core/revocation/index.ts';
import { parseVerifyRequest } from '../../src/request/index.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { SeededRandom } from '../../src/simulator/random.ts';
import { mutate } from '../support/random-mutation.ts';
import { attest, contextIn, makeWorld, type World } from '../support/world.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now()) },
  },
});

const FOLDER = path.resolve('test/vectors/fuzz');

/** Work for any input is bounded by its size. */
const MAX_SIGNATURES = 8;

const random = new SeededRandom(values.seed);
const worlds = [
  await makeWorld('google-like', values.seed),
  await makeWorld('enigm-development', values.seed),
];
const counts = new Map<string, number>();
let failures = 0;

function count(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** Runs one input, and keeps it if anything is thrown. */
function check(what: string, input: unknown, run: () => void): void {
  try {
    run();
  } catch (error) {
    failures += 1;
    mkdirSync(FOLDER, { recursive: true });
    const content = JSON.stringify({ what, error: String(error), input }, null, 2);
    const name = createHash('sha256').update(content).digest('hex').slice(0, 16);
    writeFileSync(path.join(FOLDER, `${name}.json`), `${content}\n`);
    console.error(`${what}: ${error instanceof Error ? error.stack : error}`);
  }
}

function makeChain(world: World): {
  chain: readonly Uint8Array[];
  challenge: Uint8Array;
  how: string;
} {
  const defect = random.pick(DEFECTS);
  const device = { provisioning: random.pick(['remote', 'factory'] as const), ...defect.device };
  const key = { attestKeys: random.below(3), ...defect.attest };
  const signedAnew = random.chance(0.5);
  const at = random.below(2 + key.attestKeys);
  const change = signedAnew
    ? {
        apply: (plan: Parameters<typeof defect.apply>[0]) => {
          const planned = plan.certificates[at];
          if (planned === undefined) return;
          const { signed: _, ...rest } = planned;
          plan.certificates[at] = { ...rest, editTbs: (tbs) => mutate(tbs, random) };
        },
      }
    : random.chance(0.2)
      ? defect
      : { apply: () => {} };
  const evidence = attest(world, device, { ...key, defect: change });
  const chain = signedAnew
    ? evidence.chain
    : evidence.chain.map((der) => (random.chance(0.3) ? mutate(der, random) : der));
  return {
    chain,
    challenge: evidence.challenge,
    how: signedAnew ? 'chain changed before signing' : 'chain changed after signing',
  };
}

function fuzzChain(): void {
  const world = random.pick(worlds);
  let made: ReturnType<typeof makeChain>;
  try {
    made = makeChain(world);
  } catch {
    // A defect that does not fit the device it was put into is no input.
    return;
  }
  const { chain, challenge, how } = made;
  check(
    how,
    chain.map((der) => Buffer.from(der).toString('base64')),
    () => {
      const proof = prove(chain, world.anchors);
      const size = chain.reduce((sum, { length }) => sum + length, 0);
      if (proof.effort.valuesRead > 16 + 2 * size)
        throw new Error(`read ${proof.effort.valuesRead} values`);
      if (proof.effort.signaturesChecked > MAX_SIGNATURES)
        throw new Error(`checked ${proof.effort.signaturesChecked} signatures`);
      const policy = random.pick([
        'inspect',
        'android-hardware',
        'enigm-production',
        'enigm-development',
      ]);
      const report = judge(proof, contextIn(world, policy, { challenge }));
      JSON.stringify(report);
      if (
        report.outcome === 'accept' &&
        report.findings.some(({ severity }) => severity === 'reject')
      ) {
        throw new Error('accepted with a rejection');
      }
      count(`${how}: ${report.outcome}`);
    },
  );
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"chain"',
  '"policy"',
  '"challenge"',
  '"publicKey"',
  '"QUJD"',
  '"AP8"',
  '"inspect"',
  'null',
  '0',
  'true',
  '"\\u0061"',
  '"a"',
  '"entries"',
  '"status"',
  '"REVOKED"',
  '"ab"',
  '"',
  '\\',
  ' ',
];

function makeText(): string {
  const start = random.pick([
    '',
    '{"chain":["QUJD"]',
    '{"entries":{"ab":{"status":"REVOKED"}',
    '{"chain":"',
  ]);
  return start + Array.from({ length: random.below(12) }, () => random.pick(PIECES)).join('');
}

function fuzzText(): void {
  const text = makeText();
  check('request', text, () =>
    count(`request: ${parseVerifyRequest(text).ok ? 'read' : 'refused'}`),
  );
  check('status list', text, () => {
    try {
      parseStatusList(text);
      count('status list: read');
    } catch (error) {
      if (!(error instanceof StatusListFault)) throw error;
      count('status list: refused');
    }
  });
}

const ends = performance.now() + Number(values.seconds) * 1000;
let inputs = 0;
while (performance.now() < ends) {
  fuzzChain();
  fuzzText();
  inputs += 2;
}
console.log(`seed ${values.seed}, ${inputs} inputs, ${failures} failures`);
for (const [what, times] of [...counts].sort()) console.log(`  ${what}: ${times}`);
process.exitCode = failures === 0 ? 0 : 1;
