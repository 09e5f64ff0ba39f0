/**
 * Mistral, in two forms: a list (`[TOOL_CALLS][{"name": ..., "arguments": {...}, "id": "..."}]`, up to
 * Nemo and Large 2) and named (`[TOOL_CALLS]find[ARGS]{...}`, since Small 3.2). Both read both. Reasoning
 * stands in `[THINK]` tags, in older reasoning models in `<think>`. Templates of either form refuse ids
 * that are not nine letters or digits.
 */
import { literal } from '../grammar/gbnf.ts';
import { createJsonCallReader } from '../output/json-call.ts';
import type { TaggedSyntax } from '../output/tagged-syntax.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

const syntax: TaggedSyntax = {
  thinking: [['[THINK]', '[/THINK]'], thinkTags],
  calls: {
    open: ['[TOOL_CALLS]'],
    close: [],
    others: ['[ARGS]', '[CALL_ID]'],
    untagged: 'further',
    between: /^[\s,\]]+/,
    newCall: () =>
      createJsonCallReader({
        heading: /^\s*(?:\[?|(?<name>[^\s[\]{}"]+)\s*(?:\[CALL_ID\]\s*[^\s[\]{}]*)?\s*(?:\[ARGS\])?)\s*$/,
      }),
  },
};

const callId = (_name: string, index: number): string => String(index).padStart(9, '0');
const idRule = '[a-zA-Z0-9]{9}';

export const mistralList = taggedFamily({
  id: 'mistral-list',
  title: 'Mistral, calls as one JSON list',
  probe: /\[TOOL_CALLS\]\s*\[\s*\{"name":\s*"probe_tool",\s*"arguments":\s*\{"depth":\s*"three"\}/,
  syntax,
  callId,
  grammar: {
    open: '[TOOL_CALLS][',
    between: ', ',
    close: ']',
    call: ({ name, input }) =>
      `${literal(`{"name": ${JSON.stringify(name)}, "arguments": `)} ${input()} (${literal(', "id": "')} ${idRule} ${literal('"')})? ${literal('}')}`,
  },
});

export const mistralNamed = taggedFamily({
  id: 'mistral-named',
  title: 'Mistral, named calls',
  probe: /\[TOOL_CALLS\]probe_tool(?:\[CALL_ID\]\w+)?(?:\[ARGS\])?\s*\{"depth":\s*"three"\}/,
  syntax,
  callId,
  grammar: {
    open: '',
    between: '',
    close: '',
    call: ({ name, input }) =>
      `${literal(`[TOOL_CALLS]${name}`)} (${literal('[CALL_ID]')} ${idRule})? ${literal('[ARGS]')} ${input()}`,
  },
});
