/** gpt-oss (Harmony): messages with headings; see `output/channel-parser.ts` for the format. */
import { literal } from '../grammar/gbnf.ts';
import { until } from '../grammar/until.ts';
import { channelTags, createChannelParser } from '../output/channel-parser.ts';
import type { TemplateMessage } from '../prompt/template-variables.ts';
import type { Family } from './family.ts';

const analysis = '<|channel|>analysis<|message|>';
const nextMessage = '<|start|>assistant';

export const harmony: Family = {
  id: 'harmony',
  title: 'gpt-oss (Harmony)',
  writesCall: (rendered) =>
    /<\|start\|>assistant[^{]*\bto=functions\.probe_tool\b[^{]*<\|message\|>\{"depth":\s*"three"\}<\|call\|>/.test(
      rendered,
    ),
  thinking: [],
  tags: channelTags,
  newParser: createChannelParser,
  textOpening: '<|channel|>final<|message|>',
  calls: {
    arrange: (messages) => messages.map(arrangeCall),
    grammar: {
      open: '',
      // `<|call|>` ends the generation.
      between: null,
      further: nextMessage,
      close: '',
      // The recipient before the channel is how templates print it, behind it how the format's page shows it.
      call: ({ name, input }) => {
        const printed = literal(` to=functions.${name}<|channel|>commentary json<|message|>`);
        const documented = literal(`<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>`);
        return `(${documented} | ${printed}) ${input()}`;
      },
      lead: (rules) => `(${literal(analysis)} ${until(rules, '<|end|>')} ${literal(nextMessage)})?`,
    },
  },
};

/**
 * A message with a call has either `content` or `thinking`, and the template prints both as analysis: what
 * was said beside the call is put behind what was thought.
 */
function arrangeCall(message: TemplateMessage): TemplateMessage {
  if (message.tool_calls === undefined) return message;
  const { reasoning_content: reasoning, content, ...rest } = message;
  const thinking = [reasoning, content].filter((text) => typeof text === 'string' && text !== '').join('\n\n');
  return thinking === '' ? { ...rest, content: '' } : { ...rest, content: '', thinking };
}
