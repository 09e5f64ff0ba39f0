/** Ending an answer by a stop sequence, without knowing what a model will say. */
import { expect, quote } from './verdict.ts';
import { type Fields, textOf, user } from './vocabulary.ts';
import type { Json } from './wire/send.ts';

/** A question that any model answers with more than a word. */
export const longAnswer: Fields = {
  messages: [user('Count from 1 to 20, separated by commas.')],
  max_tokens: 128,
};

/** No text of a few words is without one of these. */
export const likelyStops = ['2', 'e', 'a', 'o'];

/** An answer that one of `likelyStops` ended. */
export function expectStopped(message: Json): void {
  const { stop_reason, stop_sequence } = message;
  expect(stop_reason === 'stop_sequence', 'stop_reason stop_sequence', quote(stop_reason));
  expect(likelyStops.includes(stop_sequence), `one of ${quote(likelyStops)}`, quote(stop_sequence));
  const words = textOf(message);
  expect(!likelyStops.some((stop) => words.includes(stop)), 'a text without it', quote(words));
}
