/**
 * Signed results around verification: a worker says what is to be signed, and it is signed after the mark of
 * the challenge was taken, so that no challenge yields two results.
 */
import type { Admitted } from '../pool/dispatcher.ts';
import type { Answer, Job } from '../pool/protocol.ts';
import type { Signer } from './sign.ts';

/** Wraps `submit` so that what an answer asks for is signed into its body. Null: nothing is ever asked for. */
export function withResults(
  submit: (job: Job) => Admitted,
  signer: Pick<Signer, 'signDocument'> | null,
): (job: Job) => Admitted {
  if (signer === null) return submit;
  return (job) => {
    const admitted = submit(job);
    return {
      answer: admitted.answer.then((answer) =>
        answer.toSign === undefined ? answer : signInto(answer, signer),
      ),
      abandon: () => admitted.abandon(),
    };
  };
}

async function signInto(answer: Answer, signer: Pick<Signer, 'signDocument'>): Promise<Answer> {
  const { toSign = [], ...rest } = answer;
  const members = await Promise.all(
    toSign.map(async ({ member, kind, claims }) => {
      const token = await signer.signDocument(kind, claims);
      return `${JSON.stringify(member)}:${JSON.stringify(token)}`;
    }),
  );
  if (members.length === 0) return rest;
  // The body is an object that is never empty, written by the worker: members are added at its end.
  return { ...rest, body: `${answer.body.slice(0, -1)},${members.join(',')}}` };
}
