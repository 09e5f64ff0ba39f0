/**
 * Answers of a known length and text from a model that would stop much sooner: a grammar allows
 * nothing else.
 */
import type { Question } from './client.ts';
import { says } from './story.ts';

const wordsUpTo = (count: number): string => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');
const textOnly = (text: string) =>
  ({
    type: 'object',
    properties: { text: { type: 'string', const: text } },
    required: ['text'],
    additionalProperties: false,
  }) as const;

/** What makes an answer exactly this, whatever was asked. */
export const onlySaying = (text: string) =>
  ({
    max_tokens: 2_000,
    output_config: { format: { type: 'json_schema', schema: textOnly(text) } },
  }) as const;

const words = wordsUpTo(120);
/** Some 900 tokens of text: a second of work or more. */
export const recital = { ...says('Hello'), ...onlySaying(words) } satisfies Question;

export const recitedWords = wordsUpTo(40);
/** Some 300 tokens of a tool call, which is shown as a whole. */
export const recitalTool = {
  ...says('Hello'),
  max_tokens: 2_000,
  tools: [{ name: 'recite', description: 'Recite a text', input_schema: textOnly(recitedWords) }],
  tool_choice: { type: 'tool', name: 'recite' },
} satisfies Question;
