/**
 * What a machine tells of a request that it serves, as far as it can be true. Machines belong to many people, and keys pay for
 * what they count: a prompt is no longer than it could be, an answer no longer than it may be, no part of either larger than the whole.
 * A machine that tells too little cheats its owner alone.
 */
import type { GenerationEvent, GenerationUsage } from '../contract/generation/events.ts';

/** What was asked of the machine, tokens. */
export interface Asked {
  /** Length of the prompt, as the gateway guessed. */
  readonly estimatedTokens: number;
  /** Of the answer, at most. */
  readonly maxTokens: number;
}

/**
 * A prompt of a few words may stand in a template of so many tokens, and a guess may be wrong by so much: a token for each byte
 * of a rare script.
 */
const templateTokens = 4_096;
const tokensPerEstimate = 8;

export const believedPrompt = (tokens: number, { estimatedTokens }: Pick<Asked, 'estimatedTokens'>): number =>
  Math.min(tokens, templateTokens + tokensPerEstimate * estimatedTokens);

/** The event, in which only what can be true is told. */
export function believed(event: GenerationEvent, asked: Asked): GenerationEvent {
  if (event.type === 'generation-end') {
    const usage = believedUsage(event.usage, asked);
    return usage === event.usage ? event : { ...event, usage };
  }
  if (event.type !== 'generation-start') return event;
  const promptTokens = believedPrompt(event.promptTokens, asked);
  const cachedTokens = Math.min(event.cachedTokens, promptTokens);
  const isBelieved = promptTokens === event.promptTokens && cachedTokens === event.cachedTokens;
  return isBelieved ? event : { ...event, promptTokens, cachedTokens };
}

/** The very same where all of it can be true. */
function believedUsage(usage: GenerationUsage, asked: Asked): GenerationUsage {
  const promptTokens = believedPrompt(usage.promptTokens, asked);
  const outputTokens = Math.min(usage.outputTokens, asked.maxTokens);
  const cachedTokens = Math.min(usage.cachedTokens, promptTokens);
  const thinkingTokens = Math.min(usage.thinkingTokens, outputTokens);
  const isBelieved =
    promptTokens === usage.promptTokens &&
    outputTokens === usage.outputTokens &&
    cachedTokens === usage.cachedTokens &&
    thinkingTokens === usage.thinkingTokens;
  return isBelieved ? usage : { promptTokens, cachedTokens, outputTokens, thinkingTokens };
}
