import { createTaggedParser } from '../output/tagged-parser.ts';
import type { Family } from './family.ts';
import { thinkTags } from './tagged-family.ts';

/** Models without calls, or whose way of writing them we do not know: text and `<think>` reasoning. */
export const plain: Family = {
  id: 'plain',
  title: 'text, and reasoning in `<think>` tags; no tool calls',
  thinking: [thinkTags],
  tags: thinkTags,
  writesCall: () => false,
  newParser: (options) => createTaggedParser({ thinking: [thinkTags], calls: null }, options),
  calls: null,
};
