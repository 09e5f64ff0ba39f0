/** What there is to know about one kind of server: how to recognise it, list its models, talk to it. Data and small readers. */
import type { ChatDialect, ChatFailure, JsonObject, ListedModel } from '../../contract/engine/chat.ts';
import type { StreamForm } from './chat-stream.ts';
import type { JsonAnswer } from './http.ts';

/** Asks the server; null when it does not answer in time. */
export type Get = (path: string) => Promise<JsonAnswer | null>;
export type Post = (path: string, body: JsonObject, timeoutMs: number) => Promise<JsonAnswer | null>;

export interface ServerKind {
  /** Stable; names it in logs and lists. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Where it listens by default. */
  readonly ports: readonly number[];
  readonly dialect: ChatDialect;
  readonly chatPath: string;
  readonly form: StreamForm;
  /**
   * Its version ('' when it tells none), or null: this is another server. Judged by bodies, never by a status
   * alone: LM Studio answers unknown paths with 200.
   */
  identify(get: Get): Promise<string | null>;
  /** Null: it does not answer as this kind any more. */
  list(get: Get, post: Post): Promise<readonly ListedModel[] | null>;
  /** Tokens of the prompt such a chat body makes, by the server's own counter. */
  readonly count?: (body: JsonObject, post: Post) => Promise<number | null>;
  /** Loads a model, with a context of so many tokens where that is ours to say; null: it has. */
  readonly load?: (model: string, window: number, post: Post, get: Get) => Promise<ChatFailure | null>;
  /** Gives a model's memory back; null: it has. */
  readonly unload?: (model: string, post: Post) => Promise<ChatFailure | null>;
}

/** What most OpenAI-compatible servers do. */
export const openAiDialect: ChatDialect = {
  wire: 'openai',
  always: { stream: true, stream_options: { include_usage: true } },
  thinkingSwitch: 'none',
  reasoningBack: null,
  toolChoice: 'obeyed',
  parallelFlag: true,
  jsonSchema: 'response-format',
  schemaWithTools: true,
  topK: false,
  cacheUsage: true,
  prefillProgress: false,
  wholeCalls: false,
  loadSetsWindow: false,
  scopeField: null,
};

/** Why an answer is none; null where it is one. */
export function failureOf(answer: JsonAnswer | null): ChatFailure | null {
  if (answer === null) return { kind: 'unreachable', why: 'no answer' };
  return answer.status === 200 ? null : { kind: 'status', status: answer.status, body: answer.text };
}

/** For an unload, which servers answer at once or when running answers have ended, ms. */
export const unloadMs = 10_000;

/** The body of a 200 answer, else undefined. */
export async function body(get: Get, path: string): Promise<unknown> {
  const answer = await get(path);
  return answer?.status === 200 ? answer.json : undefined;
}
