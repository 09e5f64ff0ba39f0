/** Can this server be examined at all? Says in one sentence what is wrong with address, key or model. */

import { Mismatch } from './verdict.ts';
import { request, saidBy } from './vocabulary.ts';
import { type Reply, send } from './wire/send.ts';
import { type Server, type Target, targetFactory } from './wire/target.ts';

export type Preflight =
  | { readonly ok: true; readonly server: Server; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problem: string };

export interface Address {
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly model: string | undefined;
}

export async function preflight(address: Address, timeMs: number): Promise<Preflight> {
  const cleaned = cleanUrl(address.baseUrl);
  if ('problem' in cleaned) return { ok: false, problem: cleaned.problem };
  const { url, notes } = cleaned;
  const { key } = address;
  const at = (model: string): Target =>
    targetFactory({ url, key, model }, timeMs, AbortSignal.timeout(timeMs)).forCase(AbortSignal.timeout(timeMs));
  try {
    const model = address.model ?? (await firstModel(at('')));
    if (model === undefined) {
      return {
        ok: false,
        problem: `${url} lists no models at /v1/models: name the one to use with --model.`,
      };
    }
    if (address.model === undefined)
      notes.push(`Model ${model}: the first of the server's list (--model takes another).`);
    const target = at(model);
    const reply = await send(target, { body: request(target, { max_tokens: 1 }) });
    const problem = await problemOf(reply, target);
    return problem === null ? { ok: true, server: { url, key, model }, notes } : { ok: false, problem };
  } catch (error) {
    if (error instanceof Mismatch) {
      return {
        ok: false,
        problem: `Nothing can be asked at ${url}: ${error.seen}. Is the server running, and is this its address?`,
      };
    }
    return { ok: false, problem: `${url} gave no answer within ${timeMs / 1000} s. Is it still loading its model?` };
  }
}

/** Base URLs end before `/v1`; several clients want it, so it is a common slip. */
function cleanUrl(text: string): { url: string; notes: string[] } | { problem: string } {
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    return { problem: `"${text}" is no address: give one such as http://127.0.0.1:8787.` };
  }
  const { origin, pathname } = new URL(text);
  const path = pathname.replace(/\/+$/, '');
  const without = path.replace(/\/v1(\/messages)?$/, '');
  const url = origin + without;
  const notes = path === without ? [] : [`Using ${url}: base URLs of this API end before /v1.`];
  return { url, notes };
}

async function firstModel(target: Target): Promise<string | undefined> {
  const { json } = await send(target, { path: '/v1/models' });
  const id = json?.data?.[0]?.id;
  return typeof id === 'string' ? id : undefined;
}

/** Why it makes no sense to go on, or null. A fault of the answer itself is for the cases to tell. */
async function problemOf(reply: Reply, target: Target): Promise<string | null> {
  const { url, key, model } = target;
  const said = saidBy(reply);
  switch (reply.status) {
    case 401:
    case 403:
      return key === undefined
        ? `${url} asks for a key: give it with --key or METALYARD_KEY. It said: ${said}`
        : `${url} does not accept this key. It said: ${said}`;
    case 404: {
      if (!/model/i.test(said)) {
        return `${url} answers, but serves nothing at /v1/messages (404: ${said}). Is it an Anthropic-compatible server?`;
      }
      const { json } = await send(target, { path: '/v1/models' });
      const ids: unknown[] = Array.isArray(json?.data) ? json.data.map(({ id }: { id: unknown }) => id) : [];
      const known = ids.length === 0 ? '' : ` It lists: ${ids.slice(0, 8).join(', ')}.`;
      return `${url} does not know the model ${model}.${known}`;
    }
    case 405:
    case 501:
      return `${url} answers, but not to POST /v1/messages (${reply.status}: ${said}). Is it an Anthropic-compatible server?`;
    case 503:
    case 529:
      return `${url} cannot serve now (${reply.status}): ${said}`;
    default:
      return null;
  }
}
