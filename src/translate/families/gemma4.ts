/**
 * Gemma 4: a notation of its own, with bare keys and strings between `<|"|>`.
 *
 *     <|tool_call>call:find{of:<|"|>Paris<|"|>,depth:3}<tool_call|>
 *
 * Under a grammar the arguments are written as ordinary JSON, which is read as well. Gemma 3 is no family
 * here: its templates have no place for tools or results, and a call looks as each prompt asks for it.
 */
import { literal } from '../grammar/gbnf.ts';
import { createLooseCallReader } from '../output/loose-call.ts';
import { taggedFamily } from './tagged-family.ts';

const quote = '<|"|>';

export const gemma4 = taggedFamily({
  id: 'gemma-4',
  title: 'Gemma 4',
  probe: /<\|tool_call>call:probe_tool\{depth:<\|"\|>three<\|"\|>\}<tool_call\|>/,
  syntax: {
    thinking: [['<|channel>thought', '<channel|>']],
    calls: {
      open: ['<|tool_call>'],
      close: ['<tool_call|>'],
      others: [quote, '<|channel>', '<|tool_response>', '<tool_response|>', '<turn|>'],
      newCall: () => createLooseCallReader({ heading: /^\s*(?:call:)?(?<name>[^\s{}:]+)\s*$/, quote }),
    },
  },
  grammar: {
    open: '',
    between: '',
    close: '',
    call: ({ name, input }) => `${literal(`<|tool_call>call:${name}`)} ${input()} ${literal('<tool_call|>')}`,
  },
});
