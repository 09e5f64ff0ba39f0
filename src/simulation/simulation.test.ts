import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSlotDesk, type SlotDesk, type TicketName } from '../yard/slots.ts';
import { SimulationFailure, type SimulationOptions, simulate } from './simulate.ts';
import { noTampering, type Tampering } from './tampering.ts';

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

/** Four machines, often asked, on bad links: more trouble per request at less than half the cost. */
const smallYard = { machines: 4, meanGapMs: 1_500, lossChance: 0.05, repeatChance: 0.2 };

describe('a yard of 10 machines under every fault', () => {
  for (const seed of seeds) {
    test(`loses nothing and heals: seed ${seed}`, () => {
      const report = simulate({ seed });
      // Otherwise the run shows nothing: the faults must bite and most of the work be done all the same.
      assert.ok(report.suspicions > 5, `only ${report.suspicions} machines were ever suspected`);
      assert.ok((report.tally['answered'] ?? 0) > report.requests / 2, JSON.stringify(report.tally));
    });
  }

  test('is the same every time for the same seed, and another for another', () => {
    const report = simulate({ seed: 3 });
    assert.deepEqual(simulate({ seed: 3 }), report);
    assert.notDeepEqual(simulate({ seed: 4 }), report);
  });

  test('takes lies about load for what they are: hints', () => {
    const lying: Tampering = {
      ...noTampering,
      event: (event) =>
        event.type === 'machine-reported'
          ? [{ ...event, models: event.models.map((model) => ({ ...model, busySlots: 0 })) }]
          : [event],
    };
    const report = simulate({ seed: 1 }, lying);
    assert.ok((report.tally['answered'] ?? 0) > report.requests / 2);
  });
});

test('a small yard on bad links loses nothing and heals', () => {
  for (const seed of seeds.slice(0, 5)) simulate({ seed, ...smallYard });
});

describe('a yard without faults', () => {
  const calm = { faults: 'none', meanGapMs: 6_000 } as const satisfies Partial<SimulationOptions>;
  const expected = ['answered', 'cancelled', 'rejected context_overflow', 'rejected draining'];

  test('answers everything that is not withdrawn or too long, and suspects nobody', () => {
    const report = simulate({ seed: 1, ...calm });
    assert.equal(report.suspicions, 0);
    assert.deepEqual(Object.keys(report.tally).toSorted(), expected);
  });

  test('suspects nobody for its own sleep of up to 30 s either', () => {
    const report = simulate({ seed: 2, ...calm, faults: 'freezes' });
    assert.equal(report.tally['failed machine_lost'] ?? 0, 0);
    assert.equal(report.tally['failed engine_stalled'] ?? 0, 0);
  });
});

describe('the oracles find', () => {
  const planted: readonly (readonly [bug: string, expected: RegExp, tampering: Partial<Tampering>])[] = [
    [
      'a gateway that takes output of any attempt for the present one',
      /was shown while attempt \d+ is the present one|with \d+ of \d+ pieces shown|in place of/,
      {
        output: (message, yard) => {
          const attempt = yard.tickets.get(message.requestId)?.attempt ?? message.attempt;
          return { ...message, attempt };
        },
      },
    ],
    [
      'a yard that never sees a ticket stall',
      /requests never ended/,
      {
        event: (event, yard) => {
          if (event.type !== 'clock-advanced') return [event];
          const progress = [...yard.tickets.values()].map(({ requestId, attempt }) => {
            return { type: 'ticket-progressed', requestId, attempt, phase: 'prefilling' } as const;
          });
          return [...progress, event];
        },
      },
    ],
    [
      'a gateway that forgets to say that content was shown',
      /was shown (in place of|after output of attempt)|was rejected .* after \d+ pieces were shown/,
      { event: (event) => (event.type === 'content-shown' ? [] : [event]) },
    ],
    ['a gateway that tells an end twice', /ended twice/, { effect: (effect) => twice(effect, 'request-ended') }],
    [
      'a gateway that keeps an end to itself',
      /requests never ended/,
      { effect: (effect) => (effect.type === 'request-ended' && effect.requestId === 'req_7' ? [] : [effect]) },
    ],
    [
      'a gateway that sends no cancels',
      /slots taken when nobody asks|counts on work/,
      { effect: (effect) => (effect.type === 'send-cancel' ? [] : [effect]) },
    ],
    [
      'a desk with a slot too many',
      /runs \d+ generations of \w+ on \d+ slots|slots of \w+ busy|got \d+ tickets/,
      { createDesk: ({ slots }) => createSlotDesk({ slots: slots + 1 }) },
    ],
    [
      'a desk that takes repeated offers',
      /in place of|after output of|pieces shown|runs \d+ generations/,
      { createDesk: forgetfulDesk },
    ],
  ];

  for (const [bug, expected, tampering] of planted) {
    test(bug, () => {
      const found = firstFailure({ ...noTampering, ...tampering });
      assert.match(found.message, expected);
      assert.match(found.message, /^seed \d+, options \{.*"machines":4.*\}: at \d+ ms: Violation: /);
    });
  }
});

/** The first of the seeds on which the bug shows. */
function firstFailure(tampering: Tampering): SimulationFailure {
  for (const seed of seeds) {
    try {
      simulate({ seed, ...smallYard }, tampering);
    } catch (error) {
      assert.ok(error instanceof SimulationFailure);
      return error;
    }
  }
  assert.fail(`nothing was found on ${seeds.length} seeds`);
}

function twice<Effect extends { readonly type: string }>(effect: Effect, type: Effect['type']): Effect[] {
  return effect.type === type ? [effect, effect] : [effect];
}

/** A desk that forgets what it has finished: it takes a request that comes again for another one. */
function forgetfulDesk({ slots }: { readonly slots: number }): SlotDesk {
  const desk = createSlotDesk({ slots });
  const finished = new Map<string, number>();
  const disguised = ({ requestId, attempt }: TicketName): TicketName => {
    return { requestId: `${requestId}, time ${finished.get(requestId) ?? 0}`, attempt };
  };
  return {
    slots,
    get busy() {
      return desk.busy;
    },
    decide: (offer, onSuperseded) =>
      desk.decide(disguised(offer), ({ attempt }) => onSuperseded({ ...offer, attempt })),
    begin: (ticket) => desk.begin(disguised(ticket)),
    cancel: (ticket) => desk.cancel(disguised(ticket)),
    end(ticket) {
      const wasHere = desk.end(disguised(ticket));
      finished.set(ticket.requestId, (finished.get(ticket.requestId) ?? 0) + 1);
      return wasHere;
    },
    isWanted: (ticket) => desk.isWanted(disguised(ticket)),
  };
}
