/**
 * What one verification costs on one thread, against its signatures alone: the same chain proved and
 * judged again and again with nothing remembered, and the floor of `crypto.verify` and key imports on
 * the same bytes. Slices alternate, so that a machine that drifts does not decide.
 */
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { cpus } from 'node:os';
import { newEffort } from '../src/core/base/index.ts';
import { judge } from '../src/core/judge.ts';
import { prove } from '../src/core/prove.ts';
import { parseCertificate, sliceOf } from '../src/core/x509/index.ts';
import { attest, contextIn, makeWorld } from '../test/support/world.ts';

const ROUNDS = 15;
const SLICE_MS = 200;

const world = await makeWorld('google-like', 'bench');

/** What cannot be left out: one import and one verification for each certificate below the anchor. */
function floorOf(chain: readonly Uint8Array[]): () => void {
  const links = chain.slice(0, -1).map((der, index) => {
    const parsed = parseCertificate(der, index, newEffort());
    if (!parsed.ok) throw new Error(parsed.finding.code);
    const { value } = parsed;
    const issuer = new X509Certificate(chain[index + 1] as Uint8Array);
    return {
      hash: value.signatureAlgorithm.hash,
      tbs: sliceOf(value, value.tbs),
      signature: sliceOf(value, value.signature),
      spki: issuer.publicKey.export({ format: 'der', type: 'spki' }),
    };
  });
  return () => {
    for (const { hash, tbs, signature, spki } of links) {
      const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
      if (!verify(hash, tbs, key, signature)) throw new Error('the floor does not verify');
    }
  };
}

/** Calls in one slice of time, a second. */
function rateOf(work: () => void): number {
  const started = performance.now();
  let calls = 0;
  while (performance.now() - started < SLICE_MS) {
    work();
    calls += 1;
  }
  return (calls * 1000) / (performance.now() - started);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

console.log(`${cpus()[0]?.model}, Node ${process.version}, OpenSSL ${process.versions.openssl}`);
for (const provisioning of ['remote', 'factory'] as const) {
  const evidence = attest(world, { provisioning });
  const context = contextIn(world, 'android-hardware', evidence);
  const floor = floorOf(evidence.chain);
  const whole = (): void => {
    const report = judge(prove(evidence.chain, world.anchors), context);
    if (JSON.stringify(report).length < 100 || report.outcome !== 'accept')
      throw new Error('no accept');
  };
  const rounds = Array.from({ length: ROUNDS }, () => [rateOf(floor), rateOf(whole)] as const);
  const [floors, wholes] = [rounds.map(([rate]) => rate), rounds.map(([, rate]) => rate)];
  const ratio = median(rounds.map(([alone, all]) => all / alone));
  console.log(
    `${provisioning}: ${Math.round(median(wholes))} a second, signatures alone ${Math.round(median(floors))}, ratio ${ratio.toFixed(3)}`,
  );
}
