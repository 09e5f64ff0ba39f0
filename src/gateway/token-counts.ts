/** Exact counts, asked of a machine that has the model: `count_tokens` is not a guess. */
import { ApiFailure, apiError } from '../contract/errors.ts';
import type { AgentMessage } from '../contract/link/messages.ts';
import type { JsonText } from '../transport/link/link-socket.ts';
import type { MachineLinks } from './machine-links.ts';

type Counted = Extract<AgentMessage, { type: 'counted' }>['result'];

/** Rendering and tokenizing 100,000 tokens takes well under a second. */
const countMs = 15_000;

export class TokenCounts {
  readonly #links: MachineLinks;
  readonly #waiting = new Map<string, (result: Counted) => void>();
  #lastId = 0;

  constructor(links: MachineLinks) {
    this.#links = links;
  }

  /** Tokens of the rendered prompt, exactly as `usage` of the same request would say. */
  async count(model: string, requestJson: JsonText): Promise<number> {
    const session = this.#links.sessions.find(({ models }) =>
      models.some(({ id, status }) => id === model && status === 'ready'),
    );
    if (session === undefined) {
      throw new ApiFailure(
        apiError('no_machine', `No connected machine has the model ${model} ready to count with.`, {
          retryAfterMs: 2_000,
        }),
      );
    }
    this.#lastId += 1;
    const countId = `count_${this.#lastId}`;
    const result = await new Promise<Counted>((resolve) => {
      const timer = setTimeout(() => {
        resolve({ error: apiError('machine_lost', 'The machine did not count the tokens in time; try again.') });
      }, countMs);
      this.#waiting.set(countId, (counted) => {
        clearTimeout(timer);
        resolve(counted);
      });
      session.link.sendFrame(`{"type":"count","countId":"${countId}","request":`, requestJson, '}');
    });
    this.#waiting.delete(countId);
    if ('error' in result) throw new ApiFailure(result.error);
    return result.tokens;
  }

  counted(countId: string, result: Counted): void {
    this.#waiting.get(countId)?.(result);
  }
}
