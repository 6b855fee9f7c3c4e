/** Admission, batches, deadlines, and workers that die. Time and workers are the test's own. */
import { describe, expect, test } from 'vitest';
import {
  BusyFault,
  Dispatcher,
  type DispatcherOptions,
  VerificationFault,
} from '../../src/pool/dispatcher.ts';
import type { Answer, Job } from '../../src/pool/protocol.ts';

const job = (body: string): Job => ({ form: 'json', body, query: {} });
const answerTo = ({ body }: Job): Answer => ({
  status: 200,
  body,
  facts: { kind: 'problem', code: 'INTERNAL' },
  evidenceDigest: null,
});

interface Call {
  readonly bodies: readonly string[];
  readonly finish: () => void;
  readonly die: () => void;
}

/** A dispatcher whose batches end when the test says so. */
function setUp(changes: Partial<DispatcherOptions> = {}) {
  const calls: Call[] = [];
  const poisoned: string[] = [];
  let now = 0;
  const dispatcher = new Dispatcher({
    workers: 2,
    maxQueue: 100,
    deadlineMs: 1000,
    clock: () => now,
    onPoison: ({ body }) => poisoned.push(body),
    run: (jobs) =>
      new Promise((resolve, reject) => {
        calls.push({
          bodies: jobs.map(({ body }) => body),
          finish: () => resolve(jobs.map(answerTo)),
          die: () => reject(new Error('worker exited')),
        });
      }),
    ...changes,
  });
  return {
    dispatcher,
    calls,
    poisoned,
    submit: (...bodies: string[]) => bodies.map((body) => dispatcher.submit(job(body))),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const letters = (count: number) => Array.from({ length: count }, (_, at) => `job ${at}`);

describe('batches', () => {
  test('what arrives in one turn is shared among the free workers', async () => {
    const { submit, calls } = setUp();
    submit(...letters(6));
    await turn();
    expect(calls.map(({ bodies }) => bodies.length)).toEqual([3, 3]);
  });

  test('a lone request goes at once, and a free worker takes what has gathered', async () => {
    const { submit, calls } = setUp({ workers: 1 });
    const [first] = submit('lone');
    await turn();
    submit(...letters(40));
    await turn();
    expect(calls.map(({ bodies }) => bodies.length)).toEqual([1]);
    calls[0]?.finish();
    expect((await first?.answer)?.body).toBe('lone');
    await turn();
    expect(calls.map(({ bodies }) => bodies.length)).toEqual([1, 16]);
  });

  test.each([
    ['a thread of its own is handed what waits before the last answers are read', true],
    ['this thread answers first, and then takes what waits', false],
  ])('%s', async (_, handsOverFirst) => {
    const { submit, calls } = setUp({ workers: 1, handsOverFirst });
    const [first] = submit('lone');
    await turn();
    submit(...letters(3));
    const handedOver = first?.answer.then(() => calls.length);
    calls[0]?.finish();
    expect(await handedOver).toBe(handsOverFirst ? 2 : 1);
    await turn();
    expect(calls.map(({ bodies }) => bodies.length)).toEqual([1, 3]);
  });

  test.each([
    ['of cheap requests, as many as it may', 0.1, 32],
    ['of dearer ones, as many as fit', 0.25, 16],
    ['of the dearest, the fewest', 5, 8],
  ])('a batch that is to take a time: %s', async (_, msEach, expected) => {
    const bounds = { maxBatch: 32, batchMs: 4, maxQueue: 10_000, deadlineMs: 1_000_000 };
    const { submit, calls, pass } = setUp({ workers: 1, ...bounds });
    for (const { answer } of submit(...letters(2_000))) answer.catch(() => {});
    await turn();
    const sizes = [];
    while (sizes.length < 40) {
      const running = calls.at(-1);
      const size = running?.bodies.length ?? 0;
      sizes.push(size);
      pass(size * msEach);
      running?.finish();
      await turn();
    }
    // The first is taken when nothing is known yet.
    expect([sizes[0], sizes.at(-1)]).toEqual([8, expected]);
  });

  test('every request gets its own answer', async () => {
    const { submit, calls } = setUp();
    const admitted = submit(...letters(10));
    await turn();
    for (const call of calls.toReversed()) call.finish();
    const answers = await Promise.all(admitted.map(({ answer }) => answer));
    expect(answers.map(({ body }) => body)).toEqual(letters(10));
  });
});

describe('admission', () => {
  test('a full queue refuses at once', async () => {
    const { submit, dispatcher } = setUp({ workers: 1, maxQueue: 2 });
    submit('in flight');
    await turn();
    submit('a', 'b');
    expect(dispatcher.queueLength).toBe(2);
    expect(() => submit('c')).toThrow(BusyFault);
  });

  test('a request whose deadline passed while it waited is refused, not run', async () => {
    const { submit, calls, pass } = setUp({ workers: 1 });
    submit('in flight');
    await turn();
    const [late] = submit('late');
    pass(999);
    submit('in time');
    pass(1);
    calls[0]?.finish();
    await expect(late?.answer).rejects.toThrow('the deadline passed');
    await turn();
    expect(calls[1]?.bodies).toEqual(['in time']);
  });

  test('a caller hears of its deadline while every worker hangs, and its place is free again', async () => {
    const clock = () => performance.now();
    const { submit, dispatcher } = setUp({ workers: 1, deadlineMs: 50, clock });
    submit('hangs');
    await turn();
    const [late] = submit('waits');
    await expect(late?.answer).rejects.toThrow('the deadline passed');
    expect(dispatcher.queueLength).toBe(0);
  });

  test('one that was slow to arrive hears of its deadline before those that came in time', async () => {
    const clock = () => performance.now();
    const { submit, dispatcher } = setUp({ workers: 1, deadlineMs: 60_000, clock });
    submit('hangs');
    await turn();
    submit('came in time');
    const slow = { ...job('slow'), arrivedAt: clock() - 59_950 };
    await expect(dispatcher.submit(slow).answer).rejects.toThrow('the deadline passed');
    expect(dispatcher.queueLength).toBe(1);
  });

  test('a request whose deadline passed with its worker is not tried again', async () => {
    const { submit, calls, pass } = setUp({ workers: 1 });
    const [lost] = submit('lost');
    await turn();
    pass(1000);
    calls[0]?.die();
    await expect(lost?.answer).rejects.toThrow('the deadline passed');
    expect(calls).toHaveLength(1);
  });

  test('the deadline counts from arrival', () => {
    const { dispatcher, pass } = setUp();
    pass(5000);
    expect(() => dispatcher.submit({ ...job('slow sender'), arrivedAt: 4000 })).toThrow(BusyFault);
    dispatcher.submit({ ...job('in time'), arrivedAt: 4001 });
    expect(dispatcher.queueLength).toBe(1);
  });

  test('what cannot be answered in time is refused at once, and taken again when it can', async () => {
    const { submit, calls, pass } = setUp({ workers: 1 });
    for (let batch = 0; batch < 20; batch += 1) {
      submit('slow');
      await turn();
      pass(400);
      calls.at(-1)?.finish();
      await turn();
    }
    submit('in flight', 'next');
    await turn();
    submit('a', 'b', 'c');
    expect(() => submit('d')).toThrow('the deadline would pass');
    for (let batch = 0; batch < 3; batch += 1) {
      calls.at(-1)?.finish();
      await turn();
    }
    submit('d');
    await turn();
    expect(calls.at(-1)?.bodies).toEqual(['d']);
  });

  test('a caller who went away leaves its place at once', async () => {
    const { submit, dispatcher } = setUp({ workers: 1, maxQueue: 1 });
    submit('in flight');
    await turn();
    const [gone] = submit('gone');
    expect(() => submit('refused')).toThrow('the queue is full');
    gone?.abandon();
    submit('here');
    expect(dispatcher.queueLength).toBe(1);
    await expect(gone?.answer).rejects.toThrow('the caller went away');
  });

  test('a request whose caller went away is forgotten', async () => {
    const { submit, calls } = setUp({ workers: 1 });
    submit('in flight');
    await turn();
    const [gone] = submit('gone');
    submit('here');
    gone?.abandon();
    calls[0]?.finish();
    await expect(gone?.answer).rejects.toThrow(BusyFault);
    await turn();
    expect(calls[1]?.bodies).toEqual(['here']);
  });

  test('stopping refuses what waits and answers what is in flight', async () => {
    const { submit, calls, dispatcher } = setUp({ workers: 1 });
    const [running] = submit('running');
    await turn();
    const [waiting] = submit('waiting');
    dispatcher.refuseWaiting();
    await expect(waiting?.answer).rejects.toThrow('the service is stopping');
    calls[0]?.finish();
    expect((await running?.answer)?.body).toBe('running');
  });
});

describe('a worker that dies', () => {
  test('its requests are tried once more, each alone', async () => {
    const { submit, calls, poisoned } = setUp({ workers: 1 });
    const admitted = submit('a', 'b', 'c');
    await turn();
    calls[0]?.die();
    for (const at of [1, 2, 3]) {
      await turn();
      calls[at]?.finish();
    }
    const answers = await Promise.all(admitted.map(({ answer }) => answer));
    expect(answers.map(({ body }) => body)).toEqual(['a', 'b', 'c']);
    expect(calls.map(({ bodies }) => bodies)).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']]);
    expect(poisoned).toEqual([]);
  });

  test('the one that kills again is a fault and is named; the others are answered', async () => {
    const { submit, calls, poisoned } = setUp({ workers: 1 });
    const [a, poison, c] = submit('a', 'poison', 'c');
    const refused = expect(poison?.answer).rejects.toThrow(VerificationFault);
    await turn();
    calls[0]?.die();
    for (const at of [1, 2, 3]) {
      await turn();
      if (at === 2) calls[at]?.die();
      else calls[at]?.finish();
    }
    await refused;
    expect((await a?.answer)?.body).toBe('a');
    expect((await c?.answer)?.body).toBe('c');
    expect(poisoned).toEqual(['poison']);
  });

  test('nobody waits for an answer that a worker lost', async () => {
    const { submit, poisoned } = setUp({
      workers: 1,
      run: async (jobs) => jobs.filter(({ body }) => body !== 'lost').map(answerTo),
    });
    const [kept, lost] = submit('kept', 'lost');
    expect((await kept?.answer)?.body).toBe('kept');
    await expect(lost?.answer).rejects.toThrow(VerificationFault);
    expect(poisoned).toEqual(['lost']);
  });

  test('the next batch goes to a worker as if nothing had been', async () => {
    const { submit, calls } = setUp({ workers: 1 });
    const [a] = submit('a');
    await turn();
    submit('next');
    calls[0]?.die();
    await turn();
    calls[1]?.finish();
    await a?.answer;
    await turn();
    expect(calls[2]?.bodies).toEqual(['next']);
  });
});
