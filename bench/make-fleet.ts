/**
 * Writes a fleet as batch records: mixed shapes, 1% bad in known ways, each record with what was made.
 *
 *     node bench/make-fleet.ts OUT.ndjson COUNT SEED
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import {
  buildsOfReleases,
  createSimulator,
  type FleetMember,
  rejectedDefectsOf,
  simulateFleet,
} from '../src/simulator/index.ts';
import { DEVELOPMENT_RELEASES, loadRegistry } from '../src/sources/releases.ts';

const [out, count, seed = '1'] = process.argv.slice(2);
if (out === undefined || count === undefined) throw new Error('OUT.ndjson COUNT [SEED]');
const AT = Date.UTC(2026, 10, 22, 12);

const simulator = await createSimulator({
  anchor: 'enigm-development',
  seed,
  at: AT,
  builds: buildsOfReleases(loadRegistry(DEVELOPMENT_RELEASES).releases),
});
const many = { count: Number(count), challenge: null } as const;
const sound = simulateFleet(simulator, {
  ...many,
  shapes: ['remote', 'remote', 'factory', 'remote', 'attest-key'],
  defects: [],
  bad: 0,
});
/** Some defects need the longest layout. */
const bad = simulateFleet(simulator, {
  ...many,
  shapes: ['remote'],
  defects: rejectedDefectsOf('enigm-development'),
  bad: 1,
});
const ONE_BAD_IN = 100;

/** Sound attest-key chains are for the policy that admits them. */
function toRecord({ evidence, shape, defect }: FleetMember, number: number): string {
  const record = {
    id: `${seed}-${number}`,
    chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
    receivedAt: new Date(AT).toISOString(),
    challenge: Buffer.from(evidence.challenge).toString('base64url'),
    ...(shape === 'attest-key' && defect === null ? { policy: 'inspect' } : {}),
    simulated: { shape, defect },
  };
  return `${JSON.stringify(record)}\n`;
}

const stream = createWriteStream(out, { highWaterMark: 4 * 1024 * 1024 });
for (let number = 1; number <= Number(count); number += 1) {
  const { value: member } = (number % ONE_BAD_IN === 0 ? bad : sound).next();
  if (!stream.write(toRecord(member as FleetMember, number))) await once(stream, 'drain');
}
stream.end();
await once(stream, 'finish');
