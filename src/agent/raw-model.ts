/** A loaded model of the raw tier, as tickets see it: exact counts, our own rendering, grammar and parsers. */
import type { RawEngine } from '../contract/engine/raw.ts';
import { apiError } from '../contract/errors.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import type { RecommendedSampling } from '../engines/gguf/gguf-facts.ts';
import type { ChatTemplate } from '../translate/prompt/template.ts';
import { generateAnswer } from './generate-answer.ts';
import { preparePrompt } from './prompt.ts';
import type { CountResult, ReadyModel, SlotUse } from './ready-model.ts';

export interface RawModel {
  readonly engine: RawEngine;
  readonly template: ChatTemplate;
  /** The author's recommendation. */
  readonly sampling: RecommendedSampling;
}

export function readyRawModel(model: RawModel): ReadyModel {
  const { slots, window } = model.engine.model;
  return {
    slots,
    async prepare(request, signal) {
      const result = await preparePrompt(model, request, signal);
      if (!result.ok) return result;
      const { prompt } = result;
      const answer = {
        promptTokens: prompt.tokens.length,
        window,
        maxTokens: prompt.maxTokens,
        generate: (use: SlotUse, abort: AbortSignal) => generateAnswer(model, { request, use }, prompt, abort),
      };
      return { ok: true, answer };
    },
    count: (request, signal) => countPrompt(model, request, signal),
  };
}

async function countPrompt(model: RawModel, request: GenerationRequest, signal: AbortSignal): Promise<CountResult> {
  // Counting asks for no room to answer in.
  const result = await preparePrompt(model, { ...request, maxTokens: 0 }, signal, 'count');
  if (result.ok) return { tokens: result.prompt.tokens.length };
  const { reason } = result;
  if (reason.code === 'refused') return { error: reason.error };
  // A prompt may be counted although it would not fit.
  if (reason.code === 'context-overflow') return { tokens: reason.tokens };
  return {
    error: apiError('model_loading', 'The model cannot count at this moment; try again.', { retryAfterMs: 2_000 }),
  };
}
