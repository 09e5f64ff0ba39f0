/**
 * The raw tier's border: what the agent asks of a token engine, and what crosses the IPC channel
 * between the agent and an engine child. A raw engine knows tokens, grammar and sampling; it knows
 * nothing of chats, tools or APIs.
 */

/** Part of a rendered prompt. Control tokens are recognised only where `special` is true. */
export interface PromptSegment {
  readonly text: string;
  readonly special: boolean;
}

/** What an engine says of a model once it is loaded. */
export interface LoadedModel {
  /** The GGUF's own Jinja chat template, or null. */
  readonly chatTemplate: string | null;
  /** Text of the BOS / EOS tokens as templates expect them (`bos_token`, `eos_token`); may be ''. */
  readonly bosText: string;
  readonly eosText: string;
  /** Texts that tokenize to a control token, or to a user-defined token shaped like a tag. */
  readonly controlTexts: readonly string[];
  /** No token stands for more bytes than this: tells of a hopelessly long prompt before it is tokenized. */
  readonly longestTokenBytes?: number;
  /** Context window of one slot, tokens. */
  readonly window: number;
  readonly slots: number;
  /** Window the model was trained for. */
  readonly trainedWindow: number;
  /** For example "llama.cpp v0.4.0 (cpu)". */
  readonly build: string;
  /** What it really runs on. A back end without one layer on it is not a GPU. */
  readonly device?: {
    readonly backend: 'cpu' | 'cuda' | 'vulkan' | 'metal';
    readonly offloadedLayers: number;
    readonly totalLayers: number;
  };
  readonly loadMs: number;
}

export interface RawGeneration {
  readonly tokens: Uint32Array | readonly number[];
  /** 0: read the prompt only. */
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  /** GBNF. The engine obeys it from the first generated token. */
  readonly grammar?: string;
  /** Prompts of different scopes never share KV (one scope per API key's trust group). */
  readonly scope?: string;
  /** One conversation of that scope: what another one holds is given up less readily than its own. */
  readonly lineage?: string;
}

/** Events of one generation. Grammar: `prefill* start piece* (end | error)`. */
export type RawEvent =
  | { readonly type: 'prefill'; readonly doneTokens: number; readonly totalTokens: number }
  /** The prompt is read; the first token is about to be sampled. */
  | {
      readonly type: 'start';
      readonly promptTokens: number;
      readonly cachedTokens: number;
      /** The slot it runs on. */
      readonly slot?: number;
    }
  /** Whole characters only: a token that ends inside a UTF-8 sequence waits for the rest. */
  | { readonly type: 'piece'; readonly text: string; readonly tokens: readonly number[] }
  | {
      readonly type: 'end';
      readonly reason: 'end-of-generation' | 'max-tokens' | 'context-full' | 'cancelled';
      readonly outputTokens: number;
      /** The slot it ran on, and the tokens that slot holds now; absent when it never had one. */
      readonly held?: { readonly slot: number; readonly tokens: number };
    }
  | { readonly type: 'error'; readonly failure: EngineFailure };

/** Why an engine cannot do its work. `code` is stable; `message` names the file and the remedy. */
export interface EngineFailure {
  readonly code:
    | 'model-missing'
    | 'model-corrupt'
    | 'model-unsupported'
    | 'memory'
    | 'context-too-large'
    | 'grammar'
    | 'prompt-too-long'
    | 'busy'
    | 'crashed'
    | 'stalled'
    | 'closed'
    | 'internal';
  readonly message: string;
}

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly failure: EngineFailure;
  constructor(failure: EngineFailure, options?: { cause?: unknown }) {
    super(failure.message, options);
    this.failure = failure;
  }
}

/** Work that is to stand still for a while, for a reason that lies outside of it. */
export interface Hold {
  readonly isHeld: boolean;
  /** Calls back whenever that changes, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** What tokens are wanted for. */
export type TokenizingPurpose = 'generate' | 'count';

/** A loaded model that generates. Implemented by `engines/embedded`, and by test programs. */
export interface RawEngine {
  readonly model: LoadedModel;
  /** Resolves when the engine is gone, with the reason; never rejects. */
  readonly closed: Promise<EngineFailure>;
  /** Ids of the rendered prompt, BOS included where the model wants one. What is only counted waits for what is generated. */
  tokenize(segments: readonly PromptSegment[], signal?: AbortSignal, purpose?: TokenizingPurpose): Promise<Uint32Array>;
  /**
   * Runs one generation; ends after one `end` or `error` event. Aborting stops the engine's work
   * within 150 ms, also in a long prefill, and yields `end` with `cancelled`. A reader that asks for nothing
   * pauses it, and so does `hold`, at once.
   */
  generate(request: RawGeneration, signal: AbortSignal, hold?: Hold): AsyncIterable<RawEvent>;
  /** Ends the child: politely first, by force after a grace time. */
  close(): Promise<void>;
}

export interface LoadOptions {
  readonly modelPath: string;
  /** Tokens per slot. */
  readonly window: number;
  readonly slots: number;
  /** Threads for decoding and for reading prompts. Never left to the engine's default. */
  readonly threads: number;
  readonly gpu: 'auto' | 'off';
  /** How the KV cache is kept; f16 when absent. `q8_0` takes about half of it and needs flash attention. */
  readonly kvType?: 'q8_0';
  /** At most so many layers on the GPU; as many as fit when absent. */
  readonly gpuLayers?: number;
  /** Tokens can be counted and nothing generated: no weights are read, window and slots mean nothing. */
  readonly vocabularyOnly?: boolean;
}

// --- IPC between the agent and an engine child (`child_process.fork`, advanced serialization)

export type ToEngine =
  | { readonly type: 'load'; readonly options: LoadOptions }
  | {
      readonly type: 'tokenize';
      readonly callId: number;
      readonly segments: readonly PromptSegment[];
      readonly purpose?: TokenizingPurpose;
    }
  | { readonly type: 'generate'; readonly callId: number; readonly request: RawGeneration }
  /** Of a generation, or of a tokenization: that one is answered no more. */
  | { readonly type: 'cancel'; readonly callId: number }
  /** Nobody reads what this call generates: neither read nor write a further token until `resume`. Other calls go on. */
  | { readonly type: 'pause'; readonly callId: number }
  | { readonly type: 'resume'; readonly callId: number }
  | { readonly type: 'ping'; readonly callId: number }
  | { readonly type: 'close' };

export type FromEngine =
  | { readonly type: 'load-progress'; readonly fraction: number }
  | { readonly type: 'loaded'; readonly model: LoadedModel }
  | { readonly type: 'load-failed'; readonly failure: EngineFailure }
  | { readonly type: 'tokenized'; readonly callId: number; readonly tokens: Uint32Array }
  | { readonly type: 'failed'; readonly callId: number; readonly failure: EngineFailure }
  | { readonly type: 'events'; readonly callId: number; readonly events: readonly RawEvent[] }
  | { readonly type: 'pong'; readonly callId: number };
