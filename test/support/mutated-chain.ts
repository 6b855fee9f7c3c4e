/** Chains of simulated devices with one random change each, before or after the certificate was signed. */
import type { DEFECTS } from '../../src/simulator/index.ts';
import { SeededRandom } from '../../src/simulator/random.ts';
import { mutate } from './random-mutation.ts';
import { attest, type World } from './world.ts';

export interface MutatedChain {
  readonly world: World;
  readonly chain: readonly Uint8Array[];
  readonly challenge: Uint8Array;
  /** Which certificate was changed. */
  readonly at: number;
}

/**
 * The `made`th chain of `seed`: every other one is changed before it is signed. Signatures differ from run to run, in
 * length too: no mutation depends on the one before it.
 */
export function mutatedChain(worlds: readonly World[], seed: string, made: number): MutatedChain {
  const random = new SeededRandom(`${seed} ${made}`);
  const world = random.pick(worlds);
  const provisioning = random.pick(['remote', 'factory'] as const);
  const at = random.below(provisioning === 'remote' ? 3 : 2);
  const change = (der: Uint8Array) => mutate(der, random);
  if (made % 2 === 0) {
    const evidence = attest(world, { provisioning }, { defect: changeBeforeSigning(at, change) });
    return { ...evidence, world, at };
  }
  const { chain, challenge } = attest(world, { provisioning });
  const changed = chain.map((der, index) => (index === at ? change(der) : der));
  return { chain: changed, challenge, world, at };
}

type Change = (der: Uint8Array) => Uint8Array;

function changeBeforeSigning(at: number, change: Change) {
  return {
    apply: (plan: Parameters<(typeof DEFECTS)[number]['apply']>[0]) => {
      const planned = plan.certificates[at];
      if (planned === undefined) throw new RangeError(`no certificate ${at}`);
      // One that is shared by many chains is signed already: it is signed anew.
      const { signed: _, ...rest } = planned;
      plan.certificates[at] = { ...rest, editTbs: change };
    },
  };
}
