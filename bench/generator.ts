/**
 * The load of `bench/http.ts`, as a process of its own: makes its fleet, then sends what it is told to. No
 * message carries a chain.
 */
import { makeWorld } from '../test/support/world.ts';
import { type Driven, drive } from './drive.ts';
import { SCENARIOS } from './fleets.ts';
import { latestFirstAnswer } from './open-loop.ts';
import { PackedTexts } from './packed-texts.ts';
import { requestsOf } from './requests.ts';

export type Order =
  | { readonly kind: 'make'; readonly scenario: string; readonly count: number }
  | { readonly kind: 'warm'; readonly url: string; readonly seconds: number }
  | { readonly kind: 'first'; readonly url: string }
  | {
      readonly kind: 'drive';
      readonly url: string;
      readonly seconds: number;
      readonly rate?: number;
    };

/** As `Driven`, with what can be sent. */
export interface Drove extends Omit<Driven, 'outcomes' | 'codes'> {
  readonly outcomes: Readonly<Record<string, number>>;
}

export type Done = Drove | number;

const CONNECTIONS = 64;

/** Chains that make warm what is to be warm, and those that are measured. */
let before = new PackedTexts();
let bodies = new PackedTexts();
/** The next to be sent: what was sent is sent again only once all others were. */
let from = 0;

process.on('message', (order: Order) => {
  void carryOut(order).then((done) => process.send?.(done));
});

async function carryOut(order: Order): Promise<Done> {
  switch (order.kind) {
    case 'make':
      await makeFleet(order.scenario, order.count);
      return bodies.length;
    case 'warm': {
      const { url, seconds } = order;
      if (before.length > 0)
        await drive({ url, bodies: before, connections: CONNECTIONS, seconds: 1 });
      // What was kept of those is answered from memory: code gets warm only by chains that are new.
      return carryOut({ kind: 'drive', url, seconds });
    }
    case 'first': {
      const { url } = order;
      const place = { url, connections: CONNECTIONS };
      return latestFirstAnswer(place, requestsOf(bodies, { url }), takeFrom(CONNECTIONS));
    }
    case 'drive': {
      const { url, seconds, rate } = order;
      const driven = await drive({
        url,
        bodies,
        from,
        connections: CONNECTIONS,
        seconds,
        ...(rate === undefined ? {} : { rate }),
      });
      takeFrom(driven.answered + CONNECTIONS);
      return plain(driven);
    }
  }
}

function takeFrom(count: number): number {
  const at = from;
  from = (from + count) % bodies.length;
  return at;
}

function plain({ outcomes, codes: _codes, ...rest }: Driven): Drove {
  return { ...rest, outcomes: Object.fromEntries(outcomes) };
}

/** One world, and as many fleets of it as it takes; what is to be sent again and again is made once. */
async function makeFleet(name: string, count: number): Promise<void> {
  const world = await makeWorld('enigm-development', `bench http ${name}`, Date.now());
  const make = SCENARIOS[name];
  if (make === undefined) throw new RangeError(`no scenario ${name}`);
  const warming = new PackedTexts();
  const made = new PackedTexts();
  do {
    const fleet = make(world);
    for (const { body } of fleet.before) warming.push(body);
    for (const { body } of fleet.chains) made.push(body);
  } while (name !== 'repeat' && made.length < count);
  before = warming;
  bodies = made;
}
