/** The worker of the second verifier: one sample to what it says differently, member by member. */
import { workerData } from 'piscina';
import { compareWithReport, crossCheck } from '../crosscheck/index.ts';
import { buildTrust, type TrustMaterial } from '../sources/trust.ts';
import type { Sample } from './protocol.ts';

const { anchors } = buildTrust((workerData as { readonly trust: TrustMaterial }).trust);

/** Texts of the disagreements; none when both verifiers agree. */
export async function opinionOn({ chain, report }: Sample): Promise<readonly string[]> {
  const opinion = await crossCheck(chain, anchors);
  return compareWithReport(report, opinion).map(({ text }) => text);
}
