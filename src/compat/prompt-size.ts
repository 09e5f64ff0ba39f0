/** Was it read? The size of a prompt tells, whatever the model makes of it. */
import { expect } from './verdict.ts';
import { answer, type Fields, text, user } from './vocabulary.ts';
import type { Json } from './wire/send.ts';
import type { Target } from './wire/target.ts';

/** The whole prompt: what was read anew and what came from a cache. */
export function promptTokensOf({ usage }: Json): number {
  const parts = [usage?.input_tokens, usage?.cache_read_input_tokens, usage?.cache_creation_input_tokens];
  return parts.reduce((sum, part) => sum + (part ?? 0), 0);
}

export const longSentence =
  'The quick brown fox jumps over the lazy dog, and then over the sleeping cat, and at last over the old garden fence.';

/** The prompt of one answer was longer than that of another by more than a few tokens. */
export function expectLonger(longer: Json, shorter: Json): void {
  const [more, fewer] = [promptTokensOf(longer), promptTokensOf(shorter)];
  expect(fewer > 0 && more > fewer + 2, `more prompt tokens than the ${fewer} without it`, `${more}`);
}

/** Blocks with many words must make a longer prompt than the same with few: nothing is dropped unseen. */
export async function expectRead(target: Target, content: (words: string) => readonly Fields[]): Promise<void> {
  const asked = (words: string) => ({ max_tokens: 1, messages: [user([...content(words), text('What is it?')])] });
  expectLonger(await answer(target, asked(longSentence)), await answer(target, asked('Fox.')));
}
