/**
 * Kimi K2: a section of calls, each headed by an id that holds the tool's name and the call's number.
 *
 *     <|tool_calls_section_begin|><|tool_call_begin|>functions.find:0<|tool_call_argument_begin|>{...}<|tool_call_end|><|tool_calls_section_end|>
 */
import { literal } from '../grammar/gbnf.ts';
import { createJsonCallReader } from '../output/json-call.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

const list = ['<|tool_calls_section_begin|>', '<|tool_calls_section_end|>'] as const;
const begin = '<|tool_call_begin|>';
const argument = '<|tool_call_argument_begin|>';
const end = '<|tool_call_end|>';

export const kimi = taggedFamily({
  id: 'kimi-k2',
  title: 'Kimi K2',
  probe:
    /<\|tool_call_begin\|>functions\.probe_tool:0<\|tool_call_argument_begin\|>\{"depth":\s*"three"\}<\|tool_call_end\|>/,
  syntax: {
    thinking: [thinkTags],
    calls: {
      open: [begin],
      close: [end],
      list,
      others: [argument],
      newCall: () =>
        createJsonCallReader({
          heading: /^\s*(?:functions\.)?(?<name>[^\s:<]+)(?::\d+)?\s*<\|tool_call_argument_begin\|>\s*$/,
        }),
    },
  },
  callId: (name, index) => `functions.${name}:${index}`,
  grammar: {
    open: list[0],
    between: '',
    close: list[1],
    call: ({ name, input }) =>
      `${literal(`${begin}functions.${name}:`)} [0-9]{1,4} ${literal(argument)} ${input()} ${literal(end)}`,
  },
});
