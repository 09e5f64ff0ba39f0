/**
 * What a request costs its key. An answer costs what its usage says, which is what the client reads too: tokens that came from a
 * cache are free. Whoever leaves in the middle pays for what was made until then. Attempts that came to nothing, second
 * readings of a prompt and answers that failed are the pool's cost.
 */
import type { GenerationUsage } from '../../contract/generation/events.ts';
import type { TokenCharge } from '../../contract/quota.ts';
import type { RequestOutcome } from '../events.ts';

/** How far the last attempt had come. */
export interface Progress {
  /** By the machine's count; null when none had taken the request. */
  readonly promptTokens: number | null;
  readonly cachedTokens: number;
  /** Of the answer, text and thinking and the input of calls; its tokens where the engine told them. */
  readonly shown: { readonly chars: number; readonly tokenCount: number | null };
}

/** Of ordinary text; only for answers whose client left and nobody counted. */
const charsPerToken = 4;

const nothing: TokenCharge = { inputTokens: 0, outputTokens: 0 };

export function chargeOf(outcome: RequestOutcome, usage: GenerationUsage | null, progress: Progress): TokenCharge {
  switch (outcome.kind) {
    case 'answered':
      if (usage === null) return nothing;
      // A machine that tells of more cached tokens than there are earns its client nothing.
      return { inputTokens: Math.max(0, usage.promptTokens - usage.cachedTokens), outputTokens: usage.outputTokens };
    case 'cancelled':
      if (progress.promptTokens === null) return nothing;
      return {
        inputTokens: Math.max(0, progress.promptTokens - progress.cachedTokens),
        outputTokens: progress.shown.tokenCount ?? Math.ceil(progress.shown.chars / charsPerToken),
      };
    default:
      return nothing;
  }
}
