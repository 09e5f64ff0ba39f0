/** What a server must have before a case can say anything. Each answers null, or why it has not. */
import { ask, get } from './vocabulary.ts';
import { type Json, send } from './wire/send.ts';
import type { Target } from './wire/target.ts';

const probes = {
  /** It asks for a key, and we have one. */
  async keys(target: Target) {
    if (target.key === undefined) return 'no key was given (--key)';
    const reply = await ask(target, { max_tokens: 1 }, { headers: { 'x-api-key': '' } });
    return reply.status === 200 ? 'the server asks for no key' : null;
  },
  /** It says how long a prompt may be, and that is little enough to try. */
  async knownWindow(target: Target) {
    const window = await contextWindow(target);
    if (window === null) return 'the server does not say how much the model can read (max_input_tokens)';
    return window <= largestWindowTried ? null : `the window of ${window} tokens is too large to fill here`;
  },
  /** It lists models. */
  async modelList(target: Target) {
    const reply = await send(target, { path: '/v1/models' });
    return Array.isArray(reply.json?.data) ? null : `GET /v1/models gives no list (status ${reply.status})`;
  },
  /** It counts tokens. */
  async counting(target: Target) {
    const reply = await send(target, {
      path: '/v1/messages/count_tokens',
      body: { model: target.model, messages: [{ role: 'user', content: 'Hi' }] },
    });
    return Number.isInteger(reply.json?.input_tokens) ? null : `count_tokens does not answer (status ${reply.status})`;
  },
} satisfies Record<string, (target: Target) => Promise<string | null>>;

export type Capability = keyof typeof probes;

/** A prompt that fills more would be many megabytes. */
const largestWindowTried = 300_000;

/** Null when the server has it, otherwise why not. */
export const missing = (capability: Capability, target: Target): Promise<string | null> =>
  target.once(`capability ${capability}`, probes[capability]);

/** The catalogue's word on the model, or null. */
const modelInfo = (target: Target): Promise<Json> =>
  target.once('model-info', async (shared) => {
    try {
      return await get(shared, `/v1/models/${encodeURIComponent(shared.model)}`);
    } catch {
      return null;
    }
  });

/** Tokens the model can read, as the server states it. */
export async function contextWindow(target: Target): Promise<number | null> {
  const stated = (await modelInfo(target))?.max_input_tokens;
  return Number.isInteger(stated) && stated > 0 ? stated : null;
}
