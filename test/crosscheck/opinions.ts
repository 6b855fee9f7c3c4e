/** A second opinion beside the report on the same chain, made in both exposures. */
import {
  compareWithReport,
  crossCheck,
  type Disagreement,
  type SecondOpinion,
} from '../../src/crosscheck/index.ts';
import { policyNamed, reportOn, type World } from '../support/world.ts';

const INSPECT = policyNamed('inspect');
const EXPOSED = { ...INSPECT, exposeDeviceIdentifiers: true };

export interface Opinions {
  readonly opinion: SecondOpinion;
  readonly disagreements: readonly Disagreement[];
}

/** Under policy `inspect`, whose verdict rests on chain and structure. */
export async function opinionsOn(world: World, chain: readonly Uint8Array[]): Promise<Opinions> {
  const opinion = await crossCheck(chain, world.anchors);
  const evidence = { chain, challenge: new Uint8Array(0) };
  const disagreements = [INSPECT, EXPOSED].flatMap((policy) =>
    compareWithReport(
      reportOn(world, evidence, policy, { challenge: { kind: 'waived' } }),
      opinion,
    ),
  );
  return { opinion, disagreements };
}
