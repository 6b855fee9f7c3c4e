/**
 * Single use, around verification: a worker judges as if the challenge were unused and, where a
 * verified chain carries it and the outcome is decided, asks for its mark. Only then is the mark taken,
 * before any result leaves; where it was taken before, the worker judges again, knowing that.
 *
 * So junk that quotes a challenge takes no mark, nor does anything inconclusive: a retry works.
 */
import type { Admitted } from '../pool/dispatcher.ts';
import type { Answer, Job, MarkClaim } from '../pool/protocol.ts';
import type { Marks } from './marks.ts';

/** Wraps `submit` so that each issued challenge is used once. */
export function withSingleUse(
  submit: (job: Job) => Admitted,
  marks: Pick<Marks, 'take'>,
): (job: Job) => Admitted {
  return (job) => {
    let current = submit(job);
    const take = async (first: Answer, claim: MarkClaim): Promise<Answer> => {
      const mark = await marks.take(claim);
      if (mark === 'taken') return first;
      current = submit({ ...job, mark });
      return current.answer;
    };
    const answer = current.answer.then((first) =>
      first.claim === undefined ? first : take(first, first.claim),
    );
    return { answer, abandon: () => current.abandon() };
  };
}
