/**
 * Recheck records: facts of a verified chain, signed by us, for callers to keep in place of the evidence.
 * Opened where they are judged, with public keys only; made where the private key is.
 */
import type { RecheckFacts } from '../core/recheck.ts';
import { type JwkSet, parseJwkSet, type VerificationKey } from '../results/keys.ts';
import { toRecheckClaims } from '../results/recheck.ts';
import type { Signer } from '../results/sign.ts';
import { verifyDocument } from '../results/verify.ts';
import type { ChunkJudge } from './judge-blocks.ts';
import type { ChunkResult, RunTerms } from './protocol.ts';
import type { RecheckLine, RecordFault } from './record.ts';

/** Signs what is to be kept. `now`: milliseconds since 1970. */
function signRecord(signer: Signer, facts: RecheckFacts, now: number): Promise<string> {
  return signer.signDocument('recheck', toRecheckClaims(facts, now));
}

export type Opened =
  | { readonly ok: true; readonly facts: RecheckFacts }
  | { readonly ok: false; readonly fault: RecordFault };

/** Verifies a record's signature and gives its facts. */
export function openRecord({ token }: RecheckLine, terms: RunTerms): Opened {
  const keys = keysOf(terms.recordKeys);
  const verified = verifyDocument('recheck', token, { keys, now: terms.appraisedAt });
  if (!verified.ok) {
    const { code, text } = verified.fault;
    return refuse(`record: ${text} (${code})`);
  }
  const facts = verified.claims['facts'] as RecheckFacts | undefined;
  // Only we sign records, so one that holds is of our making; its version says whether we still read it.
  if (facts?.version !== 1) return refuse('record: its version is not known to this release');
  return { ok: true, facts };
}

/** Puts signed records into result lines that hold their place. */
async function addRecords(result: ChunkResult, signer: Signer, now: number): Promise<ChunkResult> {
  if (result.facts.every((facts) => facts === null)) return result;
  const lines = Buffer.from(result.bytes).toString('utf8').split('\n');
  const signed = await Promise.all(
    result.facts.map((facts) => (facts === null ? null : signRecord(signer, facts, now))),
  );
  const joined = lines.map((line, index) => {
    const record = signed[index] ?? null;
    return record === null ? line : `${line.slice(0, -HELD_PLACE.length)}"${record}"}`;
  });
  return { ...result, bytes: Buffer.from(joined.join('\n'), 'utf8') };
}

/** A judge that signs what is to be kept, where the run asks for it. Throws where no key signs. */
export function recordingJudge(
  terms: RunTerms,
  signer: Signer | null,
  judge: ChunkJudge,
): ChunkJudge {
  if (!terms.facts) return judge;
  if (signer === null) throw new Error('no key to sign records with: setting resultKeys');
  return async (chunk) => addRecords(await judge(chunk), signer, terms.appraisedAt);
}

const HELD_PLACE = 'null}';

let lastText = '';
let lastKeys: readonly VerificationKey[] = [];

/** Keys arrive with each chunk as plain data; they are the same ones for a whole run. */
function keysOf({ keys }: JwkSet): readonly VerificationKey[] {
  if (keys.length === 0) return [];
  const text = JSON.stringify(keys);
  if (text !== lastText) {
    lastKeys = parseJwkSet({ keys });
    lastText = text;
  }
  return lastKeys;
}

function refuse(text: string): Opened {
  return { ok: false, fault: { code: 'RECORD_SIGNATURE', text } };
}
