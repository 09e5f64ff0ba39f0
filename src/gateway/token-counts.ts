/** Exact counts, asked of a machine that has the model: `count_tokens` is not a guess. */
import { type ApiError, ApiFailure, apiError } from '../contract/errors.ts';
import type { RequestNeeds } from '../contract/generation/request-needs.ts';
import { limits } from '../contract/limits.ts';
import type { AgentMessage, MachineModel } from '../contract/link/messages.ts';
import type { JsonText } from '../session/lanes.ts';
import type { Confines } from '../yard/routing/circles.ts';
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

export class TokenCounts {
  readonly #links: Pick<MachineLinks, 'sessions'>;
  readonly #nameOnMachine: (machineId: string, model: string) => string;
  readonly #mayRunOn: (machineId: string, confines: Confines) => boolean;
  readonly #waiting = new Map<string, Waiting>();
  #lastId = 0;

  /** `nameOnMachine`: what a machine calls a model of the yard. `mayRunOn`: a prompt is shown to no machine it may not run on. */
  constructor(
    links: Pick<MachineLinks, 'sessions'>,
    nameOnMachine: (machineId: string, model: string) => string,
    mayRunOn: (machineId: string, confines: Confines) => boolean,
  ) {
    this.#links = links;
    this.#nameOnMachine = nameOnMachine;
    this.#mayRunOn = mayRunOn;
  }

  /** Tokens of the rendered prompt, exactly as `usage` of the same request would say. Throws an ApiFailure. */
  async count({ model, requestJson, needs }: CountTask, confines: Confines): Promise<number> {
    const session = this.#leastAsked(model, needs.vision, confines);
    const ownName = this.#nameOnMachine(session.machineId, model);
    this.#lastId += 1;
    const countId = `count_${this.#lastId}`;
    const result = await new Promise<Counted>((resolve) => {
      const timer = setTimeout(() => settle({ error: late }), limits.countMs);
      const settle = (counted: Counted): void => {
        clearTimeout(timer);
        this.#waiting.delete(countId);
        resolve(counted);
      };
      this.#waiting.set(countId, { sessionId: session.sessionId, settle });
      const head = { type: 'count', countId, ...(ownName === model ? {} : { model: ownName }) };
      session.link.sendText('d', `${JSON.stringify(head).slice(0, -1)},"request":`, requestJson, '}');
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

  /**
   * The connected machine with the model that has the fewest counts to make: one that has it loaded, else one that has its
   * file, as a vocabulary is read without the weights. A copy that is blind counts nothing of a picture: `vision` rules it
   * out, as routing does.
   */
  #leastAsked(model: string, vision: boolean, confines: Confines): MachineSession {
    const asked = new Map<string, number>();
    for (const { sessionId } of this.#waiting.values()) asked.set(sessionId, (asked.get(sessionId) ?? 0) + 1);
    const those = (status: (status: MachineModel['status']) => boolean): readonly MachineSession[] =>
      this.#links.sessions.filter(
        ({ link, machineId, models }) =>
          link.isAttached &&
          this.#mayRunOn(machineId, confines) &&
          models.some(
            (told) =>
              told.id === this.#nameOnMachine(machineId, model) &&
              status(told.status) &&
              (told.vision === true || !vision),
          ),
      );
    const ready = those((status) => status === 'ready');
    const able = ready.length > 0 ? ready : those((status) => status === 'available' || status === 'loading');
    const [best] = able.toSorted((a, b) => (asked.get(a.sessionId) ?? 0) - (asked.get(b.sessionId) ?? 0));
    if (best === undefined) throw new ApiFailure(noCounter(model, confines));
    if ((asked.get(best.sessionId) ?? 0) >= limits.countsPerMachine) throw new ApiFailure(tooMany());
    return best;
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
