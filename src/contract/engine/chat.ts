/**
 * The chat tier's border: what the agent asks of a server that runs already (Ollama, LM Studio,
 * llama-server, vLLM, ...), and what such a server is known to do and not to do. `engines/attached`
 * speaks HTTP, `translate/chat` knows what the JSON means; both work by a `ChatDialect`, which is data.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** How a kind of server is spoken to, and where it differs from OpenAI's chat completions. */
export interface ChatDialect {
  /** `ollama`: its native `/api/chat`, newline-delimited JSON; the only way to set its context. */
  readonly wire: 'openai' | 'ollama';
  /** Fields sent with every generation. */
  readonly always: JsonObject;
  /** How reasoning is turned on and off. `none`: it cannot be. */
  readonly thinkingSwitch: 'template-kwargs' | 'think' | 'none';
  /** The field of an assistant message in which earlier reasoning is sent back; null: nowhere. */
  readonly reasoningBack: 'reasoning_content' | 'reasoning' | 'thinking' | null;
  /** `ignored`: a forced call is asked for, and the server may take no notice. */
  readonly toolChoice: 'obeyed' | 'ignored';
  /** Whether `parallel_tool_calls` means something there. */
  readonly parallelFlag: boolean;
  /** How an answer is held to a JSON schema; `none`: it cannot be. */
  readonly jsonSchema: 'response-format' | 'format' | 'none';
  /** False: an answer that is held to a schema cannot be a tool call. */
  readonly schemaWithTools: boolean;
  /** Takes `top_k`. */
  readonly topK: boolean;
  /** Says in its usage how much of the prompt came from a cache. */
  readonly cacheUsage: boolean;
  /** Tells how far it has read the prompt, so silence means that it hangs. */
  readonly prefillProgress: boolean;
  /** Sends a tool call only when it is whole: silence in mid-answer is work. */
  readonly wholeCalls: boolean;
  /** Whoever has a model loaded says how large its context becomes; elsewhere it is as its owner has set it up. */
  readonly loadSetsWindow: boolean;
  /** The field by which prefixes of one scope are kept from another's; null: its cache knows no scopes. */
  readonly scopeField: string | null;
}

/** A model as an attached server lists it at this moment. */
export interface ListedModel {
  /** Its name in requests to that server. */
  readonly name: string;
  readonly displayName: string;
  /** The server's own digest where it has one (hex); else null. */
  readonly digest: string | null;
  /** Epoch ms, 0 when unknown. */
  readonly createdAtMs: number;
  /** `loadable`: the first request loads it. */
  readonly state: 'loaded' | 'loadable' | 'loading';
  /** Context of one request really allocated, tokens; null while not loaded, or where it is not told. */
  readonly loadedWindow: number | null;
  /** What it will have once it is loaded, as its owner has set it up, tokens; absent where that is not told. */
  readonly configuredWindow?: number;
  /** What the model was trained for, tokens; null where it is not told. */
  readonly trainedWindow: number | null;
  /** Requests at once; null where it is not told. */
  readonly slots: number | null;
  /** As the server's own listing says; null: it does not. */
  readonly tools: boolean | null;
  readonly thinking: boolean | null;
  readonly vision: boolean | null;
  /** Of the copy itself, as far as the listing tells: "Q4_K_M", "8B" or 8.2e9, "Instruct". */
  readonly quantisation?: string | null;
  readonly size?: string | null;
  readonly parameters?: number | null;
  readonly finetune?: string | null;
}

/** What came back from one chat request, in order. Ends after `ended` or `failed`. */
export type ChatReply =
  /** Status 200 and headers. */
  | { readonly type: 'opened' }
  /** One chunk, parsed. */
  | { readonly type: 'chunk'; readonly json: unknown }
  /** A comment of the event stream: some servers tell there that they are at work, and how far they are. */
  | { readonly type: 'comment'; readonly text: string }
  /** The stream came to its proper end. */
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly failure: ChatFailure };

/** Why a server did not answer. Its text may quote the prompt: it is read for known words, never shown or logged. */
export type ChatFailure =
  /** No connection, or it went away: before any answer (`unreachable`) or in the middle of one (`cut`). */
  | { readonly kind: 'unreachable' | 'cut'; readonly why: string }
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  /** It answered with something else than it should. */
  | { readonly kind: 'garbage'; readonly why: string };

/** A server that answers on its address, identified. */
export interface ChatServer {
  /** For example `llama-server`. */
  readonly kind: string;
  /** For people: "llama-server b6123". */
  readonly title: string;
  readonly version: string;
  /** Base address, without `/v1`. */
  readonly url: string;
  readonly dialect: ChatDialect;
  /** Whether it counts prompts itself; otherwise counts are estimates. */
  readonly counts: boolean;
  /** Throws `ServerGone` when it does not answer, or not as the same kind of server. */
  list(signal: AbortSignal): Promise<readonly ListedModel[]>;
  /** Closing the connection is how a server is told to stop: abort, and the reply ends without a word. */
  chat(body: JsonObject, signal: AbortSignal): AsyncIterable<ChatReply>;
  /** Tokens of the prompt such a body makes; null when the server would not say. */
  count(body: JsonObject, signal: AbortSignal): Promise<number | null>;
  /** Loads a model with a context of so many tokens, and says why it could not; null where only a request can do that. */
  readonly load: ((model: string, window: number, signal: AbortSignal) => Promise<ChatFailure | null>) | null;
  /** Gives a model's memory back, whatever it is doing, and says why it could not; null where nobody can ask for that. */
  readonly unload: ((model: string, signal: AbortSignal) => Promise<ChatFailure | null>) | null;
}

/** The server does not answer any more, or is another one now. */
export class ServerGone extends Error {
  override readonly name = 'ServerGone';
}
