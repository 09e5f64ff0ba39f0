/** Bodies and messages exactly as the API has them, for clients that speak in its own words. */
import type { Body } from '../../../support/ask.ts';
import { type Answer, type Connection, greedy, type How, type Question } from '../client.ts';

export function bodyOf({ model }: Connection, question: Question, how: How): Body {
  return { model, ...greedy, ...question, ...how.unknownFields };
}

/** For `count_tokens`, which knows no `max_tokens`. */
export function countBodyOf({ model }: Connection, { max_tokens: _limit, ...question }: Question): Body {
  return { model, ...question };
}

/** What a stream showed besides the message it came to. */
export interface Seen {
  readonly pieces: number;
  readonly inputTokensAtStart: number | null;
}

// biome-ignore lint/suspicious/noExplicitAny: a message of the API, however it was read
export function answerOf(message: any, headers: Headers, seen?: Seen): Answer {
  const { id, model, content, stop_reason, stop_sequence, usage } = message;
  return {
    id,
    model,
    content,
    stop_reason,
    stop_sequence,
    usage: {
      input_tokens: usage.input_tokens,
      cached_tokens: usage.cache_read_input_tokens,
      output_tokens: usage.output_tokens,
    },
    input_tokens_at_start: seen?.inputTokensAtStart ?? null,
    headers,
    pieces: seen?.pieces ?? 0,
  };
}
