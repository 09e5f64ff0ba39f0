/**
 * The room rule: a prompt must leave room for an answer, and `max_tokens` is clamped to what is
 * left, never refused: clients ask for 32,000 or 128,000 tokens whatever the window.
 */
import { limits } from '../contract/limits.ts';

export type Room =
  | { readonly fits: true; readonly maxTokens: number }
  /** `maximum`: what a prompt may hold at most, the second number of the 400 clients compact on. */
  | { readonly fits: false; readonly maximum: number };

/** All in tokens. `maxTokens` is what the client asked for. */
export function roomRule(promptTokens: number, maxTokens: number, window: number): Room {
  const maximum = longestPrompt(maxTokens, window);
  if (promptTokens > maximum) return { fits: false, maximum };
  return { fits: true, maxTokens: Math.min(maxTokens, window - promptTokens) };
}

/** Tokens a prompt may hold when the client asks for an answer of `maxTokens`. */
export const longestPrompt = (maxTokens: number, window: number): number =>
  window - Math.min(maxTokens, limits.answerRoomTokens, Math.floor(window / 8));
