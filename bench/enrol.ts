/**
 * What an enrolment costs: a challenge issued, the evidence that answers it verified, its result and record
 * signed. Printed beside the bare signatures it cannot do without (two P-256 verifications, two P-256
 * signings), measured in the same run: `node bench/enrol.ts [COUNT]`.
 *
 * Exit code 1 if an enrolment costs more than FLOOR times those signatures.
 */
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { issueChallenge, toKeys } from '../src/challenge/challenge.ts';
import { loadConfig } from '../src/config.ts';
import { answer } from '../src/pool/answer.ts';
import { createMemory } from '../src/pool/memory.ts';
import { makeSigner, toSigningKey } from '../src/results/index.ts';
import { buildsOfReleases, createSimulator } from '../src/simulator/index.ts';
import { ROOTS } from '../src/sources/package-root.ts';
import { DEVELOPMENT_RELEASES, loadRegistry } from '../src/sources/releases.ts';
import { loadBundledSnapshot } from '../src/sources/revocation.ts';
import { buildTrust, loadTrustMaterial } from '../src/sources/trust.ts';

/** How many times the bare signatures an enrolment may cost. */
const FLOOR = 8;

const count = Number(process.argv[2] ?? 500);
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;
const key = toSigningKey(pem);
const signer = makeSigner(key);
const challengeKeys = toKeys([randomBytes(32)]);
const simulator = await createSimulator({
  anchor: 'enigm-development',
  seed: 'bench',
  at: Date.now(),
  builds: buildsOfReleases(loadRegistry(DEVELOPMENT_RELEASES).releases),
});
const context = {
  trust: buildTrust(loadTrustMaterial(loadConfig({ environment: 'development' }, {}))),
  revocation: loadBundledSnapshot(ROOTS),
  challengeKeys,
  results: {
    issuer: 'bench',
    audiences: [],
    lifetimeSeconds: 300,
    enrolmentLifetimeSeconds: 300,
    handleKey: randomBytes(32),
    jwks: signer.jwks,
  },
};
const purpose = { caller: null, context: { handle: 'bench' } };

function issue(): Buffer {
  return issueChallenge(challengeKeys, purpose, { now: Date.now(), lifetimeSeconds: 300 })
    .challenge;
}

/** What devices would send, made before the clock runs. */
const bodies = Array.from({ length: count }, () => {
  const challenge = issue();
  const device = simulator.device({ provisioning: 'remote' });
  const { chain } = device.attest({ challenge: new Uint8Array(challenge) });
  return JSON.stringify({
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
    challenge: challenge.toString('base64url'),
    policy: 'enigm-development',
    result: 'token',
    enrol: true,
    context: purpose.context,
  });
});

async function enrol(body: string, memory: ReturnType<typeof createMemory>): Promise<void> {
  issue();
  const { toSign = [], facts } = answer(
    { form: 'json', body, query: {} },
    { ...context, memory, now: Date.now() },
  );
  if (facts.kind !== 'report' || facts.outcome !== 'accept' || toSign.length !== 2) {
    throw new Error(`not enrolled: ${JSON.stringify(facts)}`);
  }
  await Promise.all(toSign.map(({ kind, claims }) => signer.signDocument(kind, claims)));
}

const data = randomBytes(700);
const signature = sign('sha256', data, key.privateKey);

async function enrolments(): Promise<number> {
  // New each time: a chain that was seen before would cost no verification.
  const memory = createMemory();
  const start = performance.now();
  for (const body of bodies) await enrol(body, memory);
  return ((performance.now() - start) * 1000) / count;
}

function bareSignatures(): number {
  const start = performance.now();
  for (let each = 0; each < count; each += 1) {
    for (let twice = 0; twice < 2; twice += 1) {
      verify('sha256', data, key.publicKey, signature);
      sign('sha256', data, key.privateKey);
    }
  }
  return ((performance.now() - start) * 1000) / count;
}

const rounds: [number, number][] = [];
for (let round = 0; round < 4; round += 1) rounds.push([await enrolments(), bareSignatures()]);
// The first round warms up; of the others the quickest is least disturbed.
const [enrolment, bare] = [0, 1].map((at) =>
  Math.min(...rounds.slice(1).map((r) => r[at] as number)),
);
const ratio = (enrolment as number) / (bare as number);
console.log(
  JSON.stringify({
    scenario: 'enrol',
    count,
    microseconds: Math.round(enrolment as number),
    bareSignaturesMicroseconds: Math.round(bare as number),
    ratio: Math.round(ratio * 100) / 100,
    floor: FLOOR,
  }),
);
process.exitCode = ratio <= FLOOR ? 0 : 1;
