/** From a canonical request to prompt tokens that fit, on a loaded model. Exact counts come from here. */
import { EngineError, type TokenizingPurpose } from '../contract/engine/raw.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import type { DeclineReason } from '../contract/link/messages.ts';
import { type RenderedPrompt, renderPrompt } from '../translate/prompt/render-prompt.ts';
import { roomRule } from '../translate/room-rule.ts';
import { randomBase62 } from '../transport/ids.ts';
import type { RawModel } from './raw-model.ts';

export interface PreparedPrompt {
  readonly rendered: RenderedPrompt;
  readonly tokens: Uint32Array;
  /** After the room rule. */
  readonly maxTokens: number;
}

export type PromptResult =
  | { readonly ok: true; readonly prompt: PreparedPrompt }
  | { readonly ok: false; readonly reason: DeclineReason };

/** `purpose` `count`: every token is counted, whether the prompt fits or not. */
export async function preparePrompt(
  model: RawModel,
  request: GenerationRequest,
  signal: AbortSignal,
  purpose: TokenizingPurpose = 'generate',
): Promise<PromptResult> {
  // The mark keeps a client's text from imitating our placeholders; it never reaches the tokens.
  const rendered = renderPrompt(model.template, request, randomBase62(16));
  if (!rendered.ok) return { ok: false, reason: { code: 'refused', error: rendered.error } };
  const { window, longestTokenBytes } = model.engine.model;
  if (purpose === 'generate' && longestTokenBytes !== undefined) {
    // Megabytes over the window would keep the engine busy for seconds, only to be declined.
    const chars = rendered.prompt.segments.reduce((sum, { text }) => sum + text.length, 0);
    const atLeast = Math.ceil(chars / longestTokenBytes);
    const room = roomRule(atLeast, request.maxTokens, window);
    if (!room.fits) {
      return { ok: false, reason: { code: 'context-overflow', tokens: atLeast, maximum: room.maximum, window } };
    }
  }
  let tokens: Uint32Array;
  try {
    tokens = await model.engine.tokenize(rendered.prompt.segments, signal, purpose);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ok: false, reason: { code: 'model-unavailable', message: error.failure.message } };
  }
  const room = roomRule(tokens.length, request.maxTokens, window);
  if (!room.fits) {
    return {
      ok: false,
      reason: { code: 'context-overflow', tokens: tokens.length, maximum: room.maximum, window },
    };
  }
  return { ok: true, prompt: { rendered: rendered.prompt, tokens, maxTokens: room.maxTokens } };
}
