/** From a canonical request to prompt tokens that fit, on a loaded model. Exact counts come from here. */
import { randomBytes } from 'node:crypto';
import { EngineError } from '../contract/engine/raw.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import type { DeclineReason } from '../contract/link/messages.ts';
import { type RenderedPrompt, renderPrompt } from '../translate/prompt/render-prompt.ts';
import { roomRule } from '../translate/room-rule.ts';
import type { ReadyModel } from './model-host.ts';

export interface PreparedPrompt {
  readonly rendered: RenderedPrompt;
  readonly tokens: Uint32Array;
  /** After the room rule. */
  readonly maxTokens: number;
}

export type PromptResult =
  | { readonly ok: true; readonly prompt: PreparedPrompt }
  | { readonly ok: false; readonly reason: DeclineReason };

export async function preparePrompt(
  model: ReadyModel,
  request: GenerationRequest,
  signal: AbortSignal,
): Promise<PromptResult> {
  // The mark keeps a client's text from imitating our placeholders; it never reaches the tokens.
  const rendered = renderPrompt(model.template, request, randomBytes(8).toString('hex'));
  if (!rendered.ok) return { ok: false, reason: { code: 'refused', error: rendered.error } };
  let tokens: Uint32Array;
  try {
    tokens = await model.engine.tokenize(rendered.prompt.segments, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ok: false, reason: { code: 'model-unavailable', message: error.failure.message } };
  }
  const { window } = model.engine.model;
  const room = roomRule(tokens.length, request.maxTokens, window);
  if (!room.fits) {
    return {
      ok: false,
      reason: { code: 'context-overflow', tokens: tokens.length, maximum: room.maximum, window },
    };
  }
  return { ok: true, prompt: { rendered: rendered.prompt, tokens, maxTokens: room.maxTokens } };
}
