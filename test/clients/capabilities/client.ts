/**
 * What a client of the table can do, in the words of the Messages API. A driver says it in its
 * client's own words; stories are written against this alone.
 */
import type { Body } from '../../support/ask.ts';
import type { StreamedBlock } from '../../support/read-stream.ts';
import type { CapabilityName } from './all-stories.ts';

export interface Client {
  /** Heads its column. */
  readonly name: string;
  /** What this client has no way to ask for, and why. Everything else has a cell that runs. */
  readonly notExpressible: Partial<Readonly<Record<CapabilityName, string>>>;
  connect(connection: Connection): Session;
}

export interface Connection {
  readonly url: string;
  readonly key: string;
  /** The model that is asked where a question names none. */
  readonly model: string;
  /** Left out: as the client does it by itself. */
  readonly dialect?: Dialect;
  /** Repeats the client may make of its own accord; none when left out, so that no failure is hidden. */
  readonly retries?: number;
}

export interface Dialect {
  readonly header: 'x-api-key' | 'authorization';
  readonly version: '2023-06-01' | '2026-10-21';
}

export interface Session {
  ask(question: Question, how: How): Promise<Answer>;
  /** The client's own tool loop: asks again with results until there is an answer without calls. */
  runTools?(question: Question, run: RunTool, how: How): Promise<Answer>;
  /** Input tokens of a question. */
  count?(question: Question): Promise<number>;
  listModels?(): Promise<readonly ListedModel[]>;
  getModel?(id: string): Promise<ListedModel>;
  /** What the client made of a refusal; fails unless it is the client's own error for that status. */
  refusal(error: unknown): Refusal;
}

export type RunTool = (input: Readonly<Record<string, unknown>>) => string;

export interface How {
  readonly streamed: boolean;
  readonly signal?: AbortSignal;
  /** A piece of content has arrived; streams only. */
  readonly onPiece?: () => void;
  readonly betas?: readonly string[];
  /** Fields the API does not know. */
  readonly unknownFields?: Body;
}

/** A request body. Greedy, and with `max_tokens` 200 unless it says otherwise. */
export interface Question {
  readonly messages: readonly Turn[];
  readonly model?: string;
  readonly max_tokens?: number;
  readonly system?: string | readonly TextBlock[];
  readonly tools?: readonly Tool[];
  readonly tool_choice?: ToolChoice;
  readonly thinking?: Thinking;
  readonly stop_sequences?: readonly string[];
  readonly output_config?: { readonly format: { readonly type: 'json_schema'; readonly schema: Body } };
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string | readonly (StreamedBlock | ToolResult)[];
}

export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
  readonly cache_control?: { readonly type: 'ephemeral' };
}

export interface ToolResult {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content: string | readonly (TextBlock | { readonly type: 'tool_reference'; readonly tool_name: string })[];
  readonly is_error?: boolean;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: Body & { readonly type: 'object' };
  readonly strict?: boolean;
  readonly defer_loading?: boolean;
}

export type ToolChoice = (
  | { readonly type: 'auto' | 'any' | 'none' }
  | { readonly type: 'tool'; readonly name: string }
) & {
  readonly disable_parallel_tool_use?: boolean;
};

export type Thinking =
  | { readonly type: 'enabled'; readonly budget_tokens: number }
  | { readonly type: 'adaptive' | 'disabled' };

export interface Answer {
  readonly id: string;
  readonly model: string;
  /** As it is sent back in a later question. */
  readonly content: readonly StreamedBlock[];
  readonly stop_reason: string | null;
  readonly stop_sequence: string | null;
  readonly usage: { readonly input_tokens: number; readonly cached_tokens: number; readonly output_tokens: number };
  /** Uncached input tokens as `message_start` told them; null where the client does not show that. */
  readonly input_tokens_at_start: number | null;
  readonly headers: Headers;
  /** Pieces of content the client was given one after the other; 0 when it was not streamed. */
  readonly pieces: number;
}

export interface ListedModel {
  readonly id: string;
  readonly max_input_tokens: number | null;
}

export interface Refusal {
  readonly status: number;
  /** `error.type` of the envelope. */
  readonly type: string;
  readonly message: string;
  readonly requestId: string | null;
}

/** Fields of every body, whoever sends it. */
export const greedy = { max_tokens: 200, temperature: 0 };
