/** Hermes, Qwen 2.5 and 3, and many that follow them: `<tool_call>\n{"name": ..., "arguments": ...}\n</tool_call>`. */
import { literal } from '../grammar/gbnf.ts';
import { createJsonCallReader, plainHeading } from '../output/json-call.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

export const hermes = taggedFamily({
  id: 'hermes',
  title: 'Hermes and Qwen JSON',
  probe: /<tool_call>\s*\{"name":\s*"probe_tool",\s*"arguments":\s*\{"depth":\s*"three"\}\s*\}\s*<\/tool_call>/,
  syntax: {
    thinking: [thinkTags],
    calls: {
      open: ['<tool_call>'],
      close: ['</tool_call>'],
      newCall: () => createJsonCallReader({ heading: plainHeading }),
    },
  },
  grammar: {
    open: '',
    between: '\n',
    close: '',
    call: ({ name, input }) =>
      `${literal(`<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": `)} ${input()} ${literal('}\n</tool_call>')}`,
  },
});
