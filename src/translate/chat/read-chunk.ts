/**
 * One chunk of a chat server's answer, as what it says. Whatever field a server writes its reasoning to
 * (`reasoning_content`: llama-server, LM Studio, SGLang; `reasoning`: vLLM, mlx_lm.server; `thinking`: Ollama), and
 * whether a tool call comes in pieces or whole, is the same here.
 */
import type { ChatDialect } from '../../contract/engine/chat.ts';

export type ChatPart =
  /** How far the prompt has been read, cached tokens included. */
  | {
      readonly type: 'prefill';
      readonly doneTokens: number;
      readonly totalTokens: number;
      readonly cachedTokens: number;
    }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A piece of a call. `name` only in its first; `json` continues what came before. */
  | { readonly type: 'call'; readonly index: number; readonly name?: string; readonly json: string }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'length' | 'calls' | 'failed' }
  | { readonly type: 'usage'; readonly usage: ServerUsage }
  /** The server failed in mid-answer. `text` may quote the prompt. */
  | { readonly type: 'error'; readonly status: number; readonly text: string };

/** Counts as a server states them; null where it does not. */
export interface ServerUsage {
  readonly promptTokens: number | null;
  readonly cachedTokens: number | null;
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
}

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const part = (value: unknown, name: string): unknown => (isJson(value) ? value[name] : undefined);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** Total: what is not understood says nothing. */
export function readChunk(chunk: unknown, dialect: ChatDialect): readonly ChatPart[] {
  if (!isJson(chunk)) return [];
  // Ollama writes the sentence, OpenAI an object; some write an empty one into every chunk.
  if (typeof chunk.error === 'string' || (isJson(chunk.error) && 'message' in chunk.error))
    return [readError(chunk.error)];
  return dialect.wire === 'ollama' ? readOllama(chunk) : readOpenAi(chunk);
}

/** What a comment of the event stream says: mlx_lm.server writes `keepalive 512/2048` while it reads the prompt. */
export function readComment(comment: string): readonly ChatPart[] {
  const [, done, total] = /^keepalive (\d+)\/(\d+)$/.exec(comment) ?? [];
  if (done === undefined || total === undefined) return [];
  return [{ type: 'prefill', doneTokens: Number(done), totalTokens: Number(total), cachedTokens: 0 }];
}

function readError(error: unknown): ChatPart {
  const message = typeof error === 'string' ? error : text(part(error, 'message'));
  const status = count(part(error, 'code')) ?? 500;
  return { type: 'error', status: status >= 400 && status < 600 ? status : 500, text: message };
}

function readOpenAi(chunk: Json): ChatPart[] {
  const parts: ChatPart[] = [];
  const progress = chunk.prompt_progress;
  const total = count(part(progress, 'total'));
  if (total !== null) {
    const cachedTokens = count(part(progress, 'cache')) ?? 0;
    const doneTokens = Math.max(cachedTokens, count(part(progress, 'processed')) ?? 0);
    parts.push({ type: 'prefill', doneTokens, totalTokens: total, cachedTokens });
  }
  const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  const delta = part(choice, 'delta') ?? part(choice, 'message');
  sayReasoning(parts, delta, ['reasoning_content', 'reasoning', 'thinking']);
  const content = text(part(delta, 'content'));
  if (content !== '') parts.push({ type: 'text', text: content });
  sayCalls(parts, part(delta, 'tool_calls'));
  const finish = part(choice, 'finish_reason');
  if (typeof finish === 'string') parts.push({ type: 'finish', reason: finishReason(finish) });
  if (isJson(chunk.usage)) parts.push({ type: 'usage', usage: openAiUsage(chunk.usage) });
  return parts;
}

function readOllama(chunk: Json): ChatPart[] {
  const parts: ChatPart[] = [];
  sayReasoning(parts, chunk.message, ['thinking']);
  const content = text(part(chunk.message, 'content'));
  if (content !== '') parts.push({ type: 'text', text: content });
  sayCalls(parts, part(chunk.message, 'tool_calls'));
  if (chunk.done === true) {
    parts.push({ type: 'finish', reason: finishReason(text(chunk.done_reason)) });
    const usage = {
      promptTokens: count(chunk.prompt_eval_count),
      cachedTokens: null,
      outputTokens: count(chunk.eval_count),
      thinkingTokens: null,
    };
    parts.push({ type: 'usage', usage });
  }
  return parts;
}

function sayReasoning(parts: ChatPart[], delta: unknown, fields: readonly string[]): void {
  // Some servers write the same piece to two fields for the sake of old clients.
  const said = fields.map((field) => text(part(delta, field))).find((piece) => piece !== '');
  if (said !== undefined) parts.push({ type: 'reasoning', text: said });
}

function sayCalls(parts: ChatPart[], calls: unknown): void {
  if (!Array.isArray(calls)) return;
  calls.forEach((call: unknown, position) => {
    const called = part(call, 'function');
    const given = part(called, 'arguments');
    const json = typeof given === 'string' ? given : isJson(given) ? JSON.stringify(given) : '';
    const name = text(part(called, 'name'));
    const index = count(part(call, 'index')) ?? count(part(called, 'index')) ?? position;
    parts.push({ type: 'call', index, json, ...(name === '' ? {} : { name }) });
  });
}

function finishReason(reason: string): 'stop' | 'length' | 'calls' | 'failed' {
  if (reason === 'length') return 'length';
  if (reason === 'tool_calls' || reason === 'function_call') return 'calls';
  // vLLM and SGLang end so when the engine gives a request up.
  return reason === 'abort' || reason === 'error' ? 'failed' : 'stop';
}

const openAiUsage = (usage: Json): ServerUsage => ({
  promptTokens: count(usage.prompt_tokens),
  cachedTokens: count(part(usage.prompt_tokens_details, 'cached_tokens')) ?? count(usage.cached_tokens),
  outputTokens: count(usage.completion_tokens),
  thinkingTokens: count(part(usage.completion_tokens_details, 'reasoning_tokens')) ?? count(usage.reasoning_tokens),
});
