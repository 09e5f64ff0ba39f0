/** Finds out what answers on an address, and makes it a `ChatServer`. */
import { type ChatServer, type JsonObject, ServerGone } from '../../contract/engine/chat.ts';
import { chatStream } from './chat-stream.ts';
import { type Address, ask, type JsonAnswer } from './http.ts';
import type { Get, Post, ServerKind } from './server-kind.ts';
import { serverKinds } from './server-kinds.ts';

export type Attachment =
  | { readonly kind: 'server'; readonly server: ChatServer }
  /** Nothing answers. */
  | { readonly kind: 'absent' }
  /** Something answers, and it is not for us. */
  | { readonly kind: 'unusable'; readonly why: string };

export interface AttachOptions {
  /** For one question while the server is being recognised, ms. */
  readonly timeoutMs: number;
  /** Only kinds that listen on known ports: for addresses nobody has named. */
  readonly guessing: boolean;
  readonly signal: AbortSignal;
}

/** For a list while the server may be busy, ms. */
const listMs = 5_000;

export async function attachServer(address: Address, options: AttachOptions): Promise<Attachment> {
  const get = remembering(getter(address, options.timeoutMs, options.signal));
  // The cheapest question there is, and it settles the most frequent case: nobody is there.
  const answered = await get('/v1/models');
  if (answered === null && (await get('/')) === null) return { kind: 'absent' };
  for (const kind of serverKinds) {
    if (options.guessing && kind.ports.length === 0) continue;
    const version = await kind.identify(get);
    if (version !== null) return { kind: 'server', server: chatServer(kind, version, address) };
  }
  if (answered?.status === 401 || answered?.status === 403) {
    return { kind: 'unusable', why: 'it wants a key, or another one than it was given' };
  }
  return { kind: 'unusable', why: 'it is no server that speaks chat completions' };
}

function chatServer(kind: ServerKind, version: string, address: Address): ChatServer {
  const posting =
    (signal: AbortSignal): Post =>
    (path, body, timeoutMs) =>
      asked(address, path, { body, timeoutMs, signal });
  const { count, load, unload } = kind;
  return {
    kind: kind.id,
    title: version === '' ? kind.title : `${kind.title} ${version}`,
    version,
    url: address.url,
    dialect: kind.dialect,
    counts: count !== undefined,
    async list(signal) {
      const models = await kind.list(getter(address, listMs, signal), posting(signal));
      if (models === null) throw new ServerGone(`${kind.title} does not answer on ${address.url}`);
      return models.filter(({ name }) => name !== '');
    },
    chat: (body, signal) => chatStream(address, kind.chatPath, body, kind.form, signal),
    count: async (body, signal) => (count === undefined ? null : count(body, posting(signal))),
    load:
      load === undefined
        ? null
        : (model, window, signal) => load(model, window, posting(signal), getter(address, listMs, signal)),
    unload: unload === undefined ? null : (model, signal) => unload(model, posting(signal)),
  };
}

const getter =
  (address: Address, timeoutMs: number, signal: AbortSignal): Get =>
  (path) =>
    asked(address, path, { timeoutMs, signal });

/** Null: no answer, whatever the reason. */
async function asked(
  address: Address,
  path: string,
  options: { readonly body?: JsonObject; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<JsonAnswer | null> {
  try {
    return await ask(address, path, options);
  } catch {
    return null;
  }
}

/** Several kinds look at the same page. */
function remembering(get: Get): Get {
  const answers = new Map<string, Promise<JsonAnswer | null>>();
  return (path) => {
    const answer = answers.get(path) ?? get(path);
    answers.set(path, answer);
    return answer;
  };
}
