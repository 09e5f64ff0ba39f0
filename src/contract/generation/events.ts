/**
 * The one vocabulary of an answer in the making, from the agent's parser to the client's stream.
 *
 * Grammar: `progress* generation-start (block-start block-delta* block-end)* generation-end`,
 * where `generation-error` may take the place of anything and ends it. Progress may also come
 * later. Exactly one terminal event. `translate/response` asserts all of this.
 */
import { type Static, Type } from 'typebox';
import { ApiErrorSchema } from '../errors.ts';

const Count = Type.Integer({ minimum: 0 });

/** Token counts of one answer. `promptTokens` includes the cached ones; `outputTokens` the thinking. */
export const GenerationUsageSchema = Type.Object({
  promptTokens: Count,
  /** Prompt tokens the engine did not have to read again. */
  cachedTokens: Count,
  outputTokens: Count,
  thinkingTokens: Count,
});
export type GenerationUsage = Static<typeof GenerationUsageSchema>;

export const StopReasonSchema = Type.Union([
  Type.Literal('end-turn'),
  Type.Literal('max-tokens'),
  Type.Literal('stop-sequence'),
  Type.Literal('tool-use'),
  /** The window was full before `max_tokens` was reached. */
  Type.Literal('context-full'),
]);
export type StopReason = Static<typeof StopReasonSchema>;

export const ProgressSchema = Type.Union([
  Type.Object({
    type: Type.Literal('progress'),
    phase: Type.Literal('queued'),
    position: Count,
    etaMs: Type.Optional(Count),
  }),
  Type.Object({ type: Type.Literal('progress'), phase: Type.Literal('loading'), fraction: Type.Number() }),
  Type.Object({
    type: Type.Literal('progress'),
    phase: Type.Literal('prefill'),
    /** Tokens read so far, cached ones included. */
    doneTokens: Count,
    totalTokens: Count,
  }),
  /** Decoding goes on but nothing may be shown yet (a withheld tool call). */
  Type.Object({ type: Type.Literal('progress'), phase: Type.Literal('decode'), outputTokens: Count }),
]);
export type Progress = Static<typeof ProgressSchema>;

export const BlockSchema = Type.Union([
  Type.Object({ kind: Type.Literal('text') }),
  Type.Object({ kind: Type.Literal('thinking') }),
  /** Atomic: opened only when the whole input is known and valid; one delta holds its JSON. */
  Type.Object({ kind: Type.Literal('tool-use'), id: Type.String(), name: Type.String() }),
]);
export type Block = Static<typeof BlockSchema>;

/**
 * Shown text. `tokens` come from engines that know them (the raw tier) and go as far as the gateway's journal; no client
 * sees them. Prompt and all tokens told so far, read again, stand where the answer stood after this delta, what was
 * withheld then included.
 */
export const BlockDeltaSchema = Type.Object({
  type: Type.Literal('block-delta'),
  text: Type.String(),
  /** Ids generated since the delta before it. */
  tokens: Type.Optional(Type.Array(Count)),
  /** Of those told before, only so many count: a broken tool call was made once more. Absent: all. */
  keptTokens: Type.Optional(Count),
});
export type BlockDelta = Static<typeof BlockDeltaSchema>;

export const GenerationEventSchema = Type.Union([
  ProgressSchema,
  Type.Object({
    type: Type.Literal('generation-start'),
    promptTokens: Count,
    cachedTokens: Count,
  }),
  Type.Object({ type: Type.Literal('block-start'), block: BlockSchema }),
  BlockDeltaSchema,
  Type.Object({ type: Type.Literal('block-end') }),
  Type.Object({
    type: Type.Literal('generation-end'),
    stopReason: StopReasonSchema,
    stopSequence: Type.Union([Type.String(), Type.Null()]),
    usage: GenerationUsageSchema,
  }),
  Type.Object({ type: Type.Literal('generation-error'), error: ApiErrorSchema }),
]);
export type GenerationEvent = Static<typeof GenerationEventSchema>;
