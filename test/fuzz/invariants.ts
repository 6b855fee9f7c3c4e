/** What must hold of any input. Each check throws where it does not, and says what came out. */
import { judge } from '../../src/core/judge.ts';
import { prove } from '../../src/core/prove.ts';
import { parseStatusList, StatusListFault } from '../../src/core/revocation/index.ts';
import { parseVerifyRequest } from '../../src/request/index.ts';
import { contextIn, type World } from '../support/world.ts';

/** Chains hold at most seven certificates, and no link is checked twice. */
const MAX_SIGNATURES = 8;

const POLICIES = ['inspect', 'android-hardware', 'enigm-production', 'enigm-development'];

/** A chain is judged under every policy, at a cost its size bounds, and never accepted against a finding. */
export function checkChain(
  world: World,
  chain: readonly Uint8Array[],
  challenge: Uint8Array,
): string {
  const proof = prove(chain, world.anchors);
  const { valuesRead, signaturesChecked } = proof.effort;
  const size = chain.reduce((sum, { length }) => sum + length, 0);
  if (valuesRead > 16 + 2 * size) throw new Error(`read ${valuesRead} values of ${size} octets`);
  if (signaturesChecked > MAX_SIGNATURES)
    throw new Error(`checked ${signaturesChecked} signatures`);
  const outcomes = POLICIES.map((policy) => {
    const { outcome, findings } = judge(proof, contextIn(world, policy, { challenge }));
    const against = findings.filter(
      ({ severity }) => severity === 'reject' || severity === 'inconclusive',
    );
    if (outcome === 'accept' && against.length > 0) {
      throw new Error(`${policy} accepted with ${against.map(({ code }) => code).join(', ')}`);
    }
    return outcome;
  });
  return outcomes[0] as string;
}

/** A request is read or refused with a fault that says where. */
export function checkRequest(text: string): string {
  return parseVerifyRequest(text).ok ? 'read' : 'refused';
}

/** A status list is read whole or refused with a `StatusListFault`. */
export function checkStatusList(text: string): string {
  try {
    const entries = parseStatusList(text);
    const listed = Object.keys(JSON.parse(text).entries).length;
    if (entries.length !== listed) throw new Error(`read ${entries.length} entries of ${listed}`);
    return 'read';
  } catch (error) {
    if (error instanceof StatusListFault) return 'refused';
    throw error;
  }
}
