/** Bugs planted from outside, and what the oracles must say of each. For tests. */
import type { ReadyModel } from '../agent/ready-model.ts';
import { Tickets, type TicketsOptions } from '../agent/tickets.ts';
import type { GenerationUsage } from '../contract/generation/events.ts';
import { limits } from '../contract/limits.ts';
import { IncomingLanes, type LaneLimits, OutgoingLanes } from '../session/lanes.ts';
import { makeRoom } from '../yard/loads/make-room.ts';
import type { SimulationOptions } from './simulate.ts';
import type { Tampering } from './tampering.ts';

export interface PlantedBug {
  readonly bug: string;
  readonly expected: RegExp;
  readonly tampering: Partial<Tampering>;
  /** The first seed that is tried, where those before it are known to show nothing; 1 when absent. */
  readonly from?: number;
  /** What shows the bug sooner than what is usual: more requests, fewer faults. */
  readonly options?: Partial<SimulationOptions>;
}

/** What does not even follow on what came before is noticed by the gateway, and put down to the machine. */
const shownWrongly =
  /was shown (while attempt \d+ is|after output of attempt|in place of|as output of)|with \d+ of \d+ pieces|does as it should is blamed for \S+: The machine sent output that is no answer/;

export const plantedBugs: readonly PlantedBug[] = [
  {
    bug: 'a gateway that takes output of any attempt for the present one',
    expected: shownWrongly,
    tampering: {
      gateway({ requests, yard }) {
        const output = requests.output.bind(requests);
        requests.output = (sessionId, requestId, attempt, events) => {
          const ticket = yard.state.tickets.get(requestId);
          const machine = ticket?.state.phase === 'queued' ? undefined : ticket?.state.machine;
          output(machine?.sessionId ?? sessionId, requestId, ticket?.attempt ?? attempt, events);
        };
      },
    },
  },
  {
    bug: 'a yard that never sees a ticket stall',
    from: 5,
    expected: /requests never ended|heard nothing/,
    tampering: {
      event: (event, yard) => {
        if (event.type !== 'clock-advanced') return [event];
        const progress = [...yard.tickets.values()].map(({ requestId, attempt }) => {
          return { type: 'ticket-progressed', requestId, attempt, phase: 'prefilling' } as const;
        });
        return [...progress, event];
      },
    },
  },
  {
    bug: 'a gateway that forgets to say that content was shown',
    expected:
      /was shown (in place of|after output of attempt)|was rejected .* after \d+ pieces were shown|is taken back/,
    tampering: { event: (event) => (event.type === 'content-shown' ? [] : [event]) },
  },
  {
    bug: 'a gateway that enters a request twice',
    expected: /has two rows in the ledger/,
    tampering: { report: (report) => [report, report] },
  },
  {
    bug: 'a gateway that keeps an end to itself',
    expected: /requests never ended|journals are kept/,
    tampering: {
      effect: (effect) => (effect.type === 'request-ended' && effect.requestId === 'req_7' ? [] : [effect]),
    },
  },
  {
    bug: 'a gateway that sends no cancels',
    expected: /slots taken when nobody asks|counts on work|void tickets of|requests never ended/,
    tampering: { effect: (effect) => (effect.type === 'send-cancel' ? [] : [effect]) },
  },
  {
    bug: 'a second offer that is not withdrawn when the first is taken',
    expected: /slots taken when nobody asks|counts on work|void tickets of|requests never ended/,
    tampering: {
      effect: (effect) => (effect.type === 'send-cancel' && effect.reason === 'superseded' ? [] : [effect]),
    },
  },
  {
    bug: 'a desk with a slot too many',
    from: 8,
    expected: /runs \d+ generations of [\w-]+ on \d+ slots|slots of \w+ busy|got \d+ tickets/,
    tampering: { createTickets: (options) => new Tickets(withSlotTooMany(options)) },
  },
  {
    bug: 'a machine that unloads a model under its tickets',
    from: 11,
    expected: /unloaded cold-. under \d+ tickets/,
    tampering: {
      makeRoom: (missing, residents, nowMs) =>
        makeRoom(
          missing,
          residents.map((resident) => ({ ...resident, busySlots: 0 })),
          nowMs,
        ),
    },
  },
  {
    bug: 'a machine that changes models whenever it is asked',
    expected: /unloaded cold-. after \d+ ms/,
    tampering: {
      makeRoom: (missing, residents, nowMs) =>
        makeRoom(
          missing,
          residents.map((resident) => ({ ...resident, loadedAtMs: Number.NEGATIVE_INFINITY })),
          nowMs,
        ),
    },
  },
  {
    bug: 'a session that takes the same frame twice',
    from: 5,
    expected: shownWrongly,
    tampering: { createIncoming: (messageChars) => new ForgetfulLanes(messageChars) },
  },
  {
    bug: 'a session that skips a frame when it sends the rest again',
    from: 2,
    // The two ends correct each other without an end.
    options: { eventCap: 100_000 },
    expected:
      /has not ended|is (suspect|lost|unknown), all being well|counts on work|slots taken|when all was well|requests never ended|events/,
    tampering: { createOutgoing: (limits) => new SkippingLanes(limits) },
  },
  {
    bug: 'a session that claims to have received what it has not',
    from: 7,
    expected: /pieces|has not ended|all being well|counts on work|slots taken|when all was well|events/,
    tampering: { createIncoming: (messageChars) => new BoastingLanes(messageChars) },
  },
  {
    bug: 'a session that keeps more than it may',
    from: 6,
    expected: /keeps \d+ bytes for the other end/,
    tampering: { createOutgoing: (limits) => new HoardingLanes(limits) },
  },
  {
    bug: 'an agent that sends without credit',
    expected: /unread pieces of req_\d+ are kept|its agent is broken or too old/,
    tampering: { createTickets: (options) => new UnlimitedTickets(options) },
  },
  {
    bug: 'an agent that does not hear of credit',
    expected: /when all was well|some requests never ended/,
    tampering: { createTickets: (options) => new DeafTickets(options) },
  },
  {
    bug: 'a queue that forgets how long its requests have waited',
    expected: /was offered after \d+ ms in the queue/,
    tampering: {
      event: (event, yard) => {
        for (const { state, wait } of yard.tickets.values()) {
          if (state.phase === 'queued') yard.deadlines.arm(wait, yard.nowMs + 60_000);
        }
        return [event];
      },
    },
  },
  {
    bug: 'a queue in which one key weighs far more than its owner said',
    from: 32,
    options: { meanGapMs: 150 },
    expected: /waits while key_1 had \d+ tokens per weight/,
    tampering: {
      event(event, yard) {
        // Nobody leaves a slot to others by choice: who does has more turns later, rightly.
        Object.assign(yard, { limits: { ...yard.limits, keySeenMs: 0 } });
        const isFavoured = event.type === 'request-submitted' && event.keyId === 'key_1';
        return [isFavoured ? { ...event, weight: 1_000 } : event];
      },
    },
  },
  {
    bug: 'a gateway that hears machines speak of work that is not theirs',
    from: 10,
    expected: /was shown (while|as output|in place of)|piece NaN|does as it should is blamed/,
    tampering: {
      gateway({ requests, yard }) {
        const output = requests.output.bind(requests);
        requests.output = (_, requestId, attempt, events) => {
          const state = yard.state.tickets.get(requestId)?.state;
          if (state !== undefined && state.phase !== 'queued')
            output(state.machine.sessionId ?? '', requestId, attempt, events);
        };
      },
    },
  },
  {
    bug: 'a gateway that leaves removed machines their sessions',
    expected: /was removed, and|sessions are kept/,
    tampering: {
      gateway({ links }) {
        links.end = () => {};
      },
    },
  },
  {
    bug: 'a yard that is not told of revoked keys',
    from: 25,
    expected: /was revoked \d+ ms ago/,
    tampering: { event: (event) => (event.type === 'key-revoked' ? [] : [event]) },
  },
  {
    bug: 'a gateway that lets everybody in, whatever the limits of their keys are',
    from: 11,
    expected: /a minute allow|requests at once/,
    tampering: {
      quotas(quotas) {
        quotas.reserve = () => {};
      },
    },
  },
  {
    bug: 'a gateway that has just started and waits for nobody',
    expected: /was told that its model does not exist/,
    tampering: { expected: () => [] },
  },
  {
    bug: 'a lease that is ten times as long',
    from: 115,
    expected: /after a silence of \d+ ms/,
    tampering: {
      event(event) {
        if (!('lease' in event) || event.lease === undefined) return [event];
        const { suspectMs, lostMs } = event.lease;
        return [{ ...event, lease: { ...event.lease, suspectMs: 10 * suspectMs, lostMs: 10 * lostMs } }];
      },
    },
  },
  {
    bug: 'an agent that dials once and not again',
    expected: /is (suspect|lost|unknown), all being well|never ended|no_machine/,
    tampering: { redialMs: (ms) => ms + 3_600_000 },
  },
  {
    bug: 'an agent that stops nothing when it is told to',
    expected: /slots taken when nobody asks|counts on work|void tickets of|requests never ended|has not ended/,
    tampering: { createTickets: (options) => new DeafToCancels(options) },
  },
  {
    bug: 'an agent that works on when its session is over',
    expected: /works for a session that is over|slots taken when nobody asks/,
    tampering: { createTickets: (options) => new FaithfulTickets(options) },
  },
  {
    bug: 'an agent that gives its session up too early',
    from: 3,
    expected: /gave its session up when the gateway had not heard it for/,
    tampering: { linkAfter: (after) => (ms, run) => after(isHold(ms) ? ms - 25_000 : ms, run) },
  },
  {
    bug: 'an agent whose engines do not go on after they stood still',
    from: 2,
    expected: /when all was well|slots taken when nobody asks|requests never ended|has not ended/,
    tampering: { createTickets: (options) => new ParalysedTickets(options) },
  },
  {
    bug: 'a session whose confirmations get lost',
    from: 2,
    expected: /keeps \d+ bytes|all being well|requests never ended|has not ended|gave its session up|when all was well/,
    tampering: { createIncoming: (messageChars) => new MuteLanes(messageChars) },
  },
  {
    bug: 'a gateway that enters what a lying machine has counted',
    from: 7,
    expected: /pays a liar for|usage of \S+ is believed/,
    tampering: gullible(),
  },
  {
    bug: 'an agent whose engines work on for a gateway that does not answer',
    from: 17,
    options: { faults: 'freezes' },
    expected: /works for a gateway that has not heard it/,
    tampering: { createTickets: (options) => new TirelessTickets(options) },
  },
];

/** Takes a frame that was here before for a new message. */
class ForgetfulLanes extends IncomingLanes {
  override receive(frame: string): ReturnType<IncomingLanes['receive']> {
    const arrival = super.receive(frame);
    const whole = /^([cd])\d+ (\{.*)$/s.exec(frame);
    if (arrival.kind !== 'repeated' || whole === null) return arrival;
    return { kind: 'message', lane: whole[1] === 'c' ? 'c' : 'd', text: whole[2] ?? '' };
  }
}

class SkippingLanes extends OutgoingLanes {
  override rewind(received: Parameters<OutgoingLanes['rewind']>[0]): boolean {
    const isPossible = super.rewind(received);
    this.take();
    return isPossible;
  }
}

class BoastingLanes extends IncomingLanes {
  override get received(): IncomingLanes['received'] {
    const { c, d } = super.received;
    return { c, d: d === 0 ? 0 : d + 1 };
  }
}

class HoardingLanes extends OutgoingLanes {
  constructor(limits: LaneLimits) {
    super({ ...limits, heldBytes: Number.POSITIVE_INFINITY });
  }
}

class UnlimitedTickets extends Tickets {
  override offer(
    { credit: _, ...offer }: Parameters<Tickets['offer']>[0],
    send: Parameters<Tickets['offer']>[1],
  ): void {
    super.offer(offer, send);
  }
}

class DeafToCancels extends Tickets {
  override cancel(): void {}
}

class DeafTickets extends Tickets {
  override credit(): void {}
}

/** Works on for whom it began to work. */
class FaithfulTickets extends Tickets {
  override cancelAll(): void {}
}

class ParalysedTickets extends Tickets {
  override goOn(): void {}
}

class MuteLanes extends IncomingLanes {
  override confirmation(): null {
    return null;
  }
}

/** Of the timers of an agent's link the one that ends its session; heartbeats of a small fleet are nearer. */
const isHold = (ms: number): boolean => ms > 26_000 && ms <= limits.sessionHoldMs;

/** Knows from the wire what the gateway has set right. */
function gullible(): Partial<Tampering> {
  const told = new Map<string, GenerationUsage>();
  return {
    gateway({ requests }) {
      const output = requests.output.bind(requests);
      requests.output = (sessionId, requestId, attempt, events) => {
        for (const event of events) if (event.type === 'generation-end') told.set(requestId, event.usage);
        output(sessionId, requestId, attempt, events);
      };
    },
    report(report) {
      const usage = report.usage && (told.get(report.requestId) ?? report.usage);
      return [{ ...report, usage }];
    },
  };
}

class TirelessTickets extends Tickets {
  override pause(): void {}
}

function withSlotTooMany(options: TicketsOptions): TicketsOptions {
  const roomier = new WeakMap<ReadyModel, ReadyModel>();
  const find = (id: string): ReadyModel | undefined => {
    const ready = options.models.find(id);
    if (ready === undefined) return undefined;
    const found = roomier.get(ready) ?? { ...ready, slots: ready.slots + 1 };
    roomier.set(ready, found);
    return found;
  };
  const { models } = options;
  return {
    ...options,
    models: {
      find,
      count: () => undefined,
      givesWay: (id) => models.givesWay(id),
      unavailableBecause: (id) => models.unavailableBecause(id),
      forgiveCrash() {},
    },
  };
}
