/** Random input: chains changed before or after they are signed, requests and lists that are nearly right. */
import { DEFECTS } from '../../src/simulator/index.ts';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { mutate } from '../support/random-mutation.ts';
import { attest, type World } from '../support/world.ts';

type How = 'changed before signing' | 'changed after signing' | 'a defect' | 'unchanged';

export interface ChainInput {
  readonly chain: readonly Uint8Array[];
  readonly challenge: Uint8Array;
  readonly how: How;
}

type Change = { readonly apply: (typeof DEFECTS)[number]['apply'] };

/** Null where a defect does not fit the device it was put into. */
export function makeChain(world: World, random: SeededRandom): ChainInput | null {
  const defect = random.pick(DEFECTS);
  const attestKeys = random.below(3);
  const device = { provisioning: random.pick(['remote', 'factory'] as const), ...defect.device };
  const how = random.pick(['changed before signing', 'changed after signing', 'a defect'] as const);
  const change = how === 'a defect' ? defect : changeOf(how, random.below(2 + attestKeys), random);
  try {
    const evidence = attest(world, device, { attestKeys, ...defect.attest, defect: change });
    if (how !== 'changed after signing') return { ...evidence, how };
    const chain = changeSome(evidence.chain, random);
    // Some changes put back what was there.
    const isSame = chain.every(
      (der, at) => Buffer.compare(der, evidence.chain[at] as Buffer) === 0,
    );
    return { chain, challenge: evidence.challenge, how: isSame ? 'unchanged' : how };
  } catch {
    return null;
  }
}

function changeOf(how: How, at: number, random: SeededRandom): Change {
  return {
    apply: (plan) => {
      const planned = plan.certificates[at];
      if (how !== 'changed before signing' || planned === undefined) return;
      // One that is shared by many chains is signed already: it is signed anew.
      const { signed: _, ...rest } = planned;
      plan.certificates[at] = { ...rest, editTbs: (tbs) => mutate(tbs, random) };
    },
  };
}

function changeSome(chain: readonly Uint8Array[], random: SeededRandom): Uint8Array[] {
  const one = random.below(chain.length);
  return chain.map((der, index) =>
    index === one || random.chance(0.1) ? mutate(der, random) : der,
  );
}

/** A request that would be read, with up to three edits. */
export function makeRequest(random: SeededRandom): string {
  const document: Record<string, unknown> = {
    chain: Array.from({ length: 1 + random.below(4) }, () => base64(random)),
  };
  if (random.chance(0.5)) document['challenge'] = base64(random);
  if (random.chance(0.5))
    document['policy'] = random.pick(['inspect', 'android-hardware', 'no\u0000such']);
  if (random.chance(0.2)) document['publicKey'] = base64(random);
  return edit(JSON.stringify(document), random);
}

/** A status list that would be read, with up to three edits. */
export function makeStatusList(random: SeededRandom): string {
  const entries = Array.from({ length: 1 + random.below(5) }, () => [
    random.below(2 ** 31).toString(16),
    {
      status: random.pick(['REVOKED', 'SUSPENDED', 'NEW_WORD']),
      ...(random.chance(0.5) ? { reason: random.pick(['KEY_COMPROMISE', 'SOFTWARE_FLAW']) } : {}),
      ...(random.chance(0.2) ? { expires: '2027-01-01', comment: 'a note' } : {}),
    },
  ]);
  return edit(JSON.stringify({ entries: Object.fromEntries(entries) }), random);
}

function base64(random: SeededRandom): string {
  return Buffer.from(random.bytes(1 + random.below(40))).toString('base64');
}

const PIECES = [
  ...'{}[],:"\\ 0-.eE',
  'null',
  'true',
  '"a"',
  '"\\u0061"',
  '"\\ud800"',
  '1e999',
  '"__proto__":',
  '\u0000',
];

function edit(text: string, random: SeededRandom): string {
  let edited = text;
  for (let left = random.below(4); left > 0; left -= 1) {
    const at = random.below(edited.length + 1);
    const end = random.chance(0.5) ? at : Math.min(edited.length, at + 1 + random.below(12));
    const put = random.pick(['piece', 'copy', 'nothing'] as const);
    const from = random.below(edited.length + 1);
    const piece = { piece: random.pick(PIECES), copy: edited.slice(from, from + 30), nothing: '' };
    edited = edited.slice(0, at) + piece[put] + edited.slice(end);
  }
  return edited;
}
