/** Exact counts, asked of a machine that has the model: `count_tokens` is not a guess. */
import { type ApiError, ApiFailure, apiError } from '../contract/errors.ts';
import type { RequestNeeds } from '../contract/generation/request-needs.ts';
import { limits } from '../contract/limits.ts';
import type { AgentMessage } from '../contract/link/messages.ts';
import type { JsonText } from '../session/lanes.ts';
import { type CountNeeds, counters } from '../yard/counters.ts';
import type { Confines } from '../yard/routing/circles.ts';
import type { ServedModel, YardState } from '../yard/state.ts';
import type { MachineLinks, MachineSession } from './machine-links.ts';

type Counted = Extract<AgentMessage, { type: 'counted' }>['result'];

interface CountTask {
  readonly model: string;
  readonly requestJson: JsonText;
  readonly needs: Pick<RequestNeeds, 'vision'>;
}

interface Waiting {
  readonly sessionId: string;
  settle(result: Counted): void;
}

const lost = apiError('machine_lost', 'The machine that counted the tokens is gone. Ask again.', {
  retryAfterMs: 1_000,
});
const late = apiError('machine_lost', 'The machine did not count the tokens in time. Ask again.', {
  retryAfterMs: 1_000,
});

/** A machine that counts, and what it calls the model. */
interface Counter {
  readonly session: MachineSession;
  readonly ownName: string;
}

/** So many machines are looked at for one with few counts to make. */
const enoughLooked = 64;

export class TokenCounts {
  readonly #links: Pick<MachineLinks, 'session'>;
  readonly #yard: () => YardState;
  readonly #waiting = new Map<string, Waiting>();
  /** Of those that wait: how many each session was asked. */
  readonly #asked = new Map<string, number>();
  #lastId = 0;

  constructor(links: Pick<MachineLinks, 'session'>, yard: () => YardState) {
    this.#links = links;
    this.#yard = yard;
  }

  /** Tokens of the rendered prompt, exactly as `usage` of the same request would say. Throws an ApiFailure. */
  async count({ model, requestJson, needs }: CountTask, confines: Confines): Promise<number> {
    const { session, ownName } = this.#leastAsked({ model, vision: needs.vision, confines });
    this.#lastId += 1;
    const countId = `count_${this.#lastId}`;
    const result = await new Promise<Counted>((resolve) => {
      const timer = setTimeout(() => {
        session.link.withdraw(countId);
        settle({ error: late });
      }, limits.countMs);
      const settle = (counted: Counted): void => {
        clearTimeout(timer);
        if (this.#waiting.delete(countId)) this.#noteAsked(session.sessionId, -1);
        resolve(counted);
      };
      this.#waiting.set(countId, { sessionId: session.sessionId, settle });
      this.#noteAsked(session.sessionId, 1);
      const head = { type: 'count', countId, ...(ownName === model ? {} : { model: ownName }) };
      const pieces = [`${JSON.stringify(head).slice(0, -1)},"request":`, requestJson, '}'];
      session.link.sendText('d', pieces, countId);
    });
    if ('error' in result) throw new ApiFailure(result.error);
    return result.tokens;
  }

  /** A machine has counted. Heard only from the session that was asked: ids are easily guessed. */
  counted(sessionId: string, countId: string, result: Counted): void {
    const waiting = this.#waiting.get(countId);
    if (waiting?.sessionId === sessionId) waiting.settle(result);
  }

  /** Nobody there will answer any more. */
  sessionEnded(sessionId: string): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.sessionId === sessionId) waiting.settle({ error: lost });
    }
  }

  /** Of the connected machines that can count it, one with few counts to make; those that have the model loaded first. */
  #leastAsked(needs: CountNeeds): Counter {
    const best =
      this.#leastAskedOf(counters(this.#yard(), needs, true)) ??
      this.#leastAskedOf(counters(this.#yard(), needs, false));
    if (best === null) throw new ApiFailure(noCounter(needs.model, needs.confines));
    if (this.#askedOf(best.session) >= limits.countsPerMachine) throw new ApiFailure(tooMany());
    return best;
  }

  /** Looks no further than for one that has none, or, of many, for one that may have another. */
  #leastAskedOf(those: Iterable<ServedModel>): Counter | null {
    let best: Counter | null = null;
    let looked = 0;
    for (const { machine, ownName } of those) {
      const session = this.#links.session(machine.sessionId);
      if (session === undefined || !session.link.isAttached) continue;
      if (best === null || this.#askedOf(session) < this.#askedOf(best.session)) best = { session, ownName };
      looked += 1;
      const asked = this.#askedOf(best.session);
      if (asked === 0 || (looked >= enoughLooked && asked < limits.countsPerMachine)) break;
    }
    return best;
  }

  #askedOf({ sessionId }: MachineSession): number {
    return this.#asked.get(sessionId) ?? 0;
  }

  #noteAsked(sessionId: string, more: 1 | -1): void {
    const asked = (this.#asked.get(sessionId) ?? 0) + more;
    if (asked === 0) this.#asked.delete(sessionId);
    else this.#asked.set(sessionId, asked);
  }
}

function noCounter(model: string, { wishes, places }: Confines): ApiError {
  const who =
    wishes === null && places === null ? 'No connected machine' : 'No connected machine that may see this prompt';
  return apiError('no_machine', `${who} has the model ${model} to count with.`, {
    retryAfterMs: 2_000,
  });
}

function tooMany(): ApiError {
  return apiError('queue_full', `Every machine has ${limits.countsPerMachine} token counts to make already.`, {
    retryAfterMs: 1_000,
  });
}
