/** What a client is told of where its request went: headers for what is known before the first word, a comment for the rest. */
import type { Decision } from '../../yard/routing/decision.ts';
import type { AnswerSummary } from '../submission.ts';

export function decisionHeaders({ chosen, attempt, queuedMs }: Decision): Readonly<Record<string, string>> {
  return {
    'x-metalyard-machine': inHeader(chosen.name),
    'x-metalyard-attempt': String(attempt),
    'x-metalyard-queue-ms': whole(queuedMs),
    'x-metalyard-predicted-ttft-ms': whole(chosen.predicted.ttftMs),
    'x-metalyard-predicted-cached-tokens': whole(chosen.cachedTokens),
  };
}

/** As a request may ask for it (`read-wishes.ts`): what a header or a list with commas cannot hold is encoded as in addresses. */
const inHeader = (name: string): string => name.toWellFormed().replace(/[^\x20-\x7e]|[%,]/gu, encodeURIComponent);

/** One line of JSON behind a word to find it by. */
export function decisionComment({ decision, attempts, ttftMs, totalMs, usage }: AnswerSummary): string {
  const told = {
    machine: decision?.chosen.name,
    attempts,
    queue_ms: decision === null ? undefined : Math.round(decision.queuedMs),
    predicted_ttft_ms: decision === null ? undefined : Math.round(decision.chosen.predicted.ttftMs),
    ttft_ms: ttftMs ?? undefined,
    total_ms: totalMs,
    predicted_cached_tokens: decision?.chosen.cachedTokens,
    cached_tokens: usage.cachedTokens,
    prompt_tokens: usage.promptTokens,
    output_tokens: usage.outputTokens,
  };
  return `metalyard ${JSON.stringify(told)}`;
}

const whole = (value: number): string => String(Math.round(value));
