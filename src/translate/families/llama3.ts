/**
 * Llama 3.1 to 3.3: the answer is nothing but `{"name": ..., "parameters": {...}}`, sometimes behind
 * `<|python_tag|>`. No tag says that it is a call, so an answer that begins like one is withheld until it
 * is whole, and any other JSON is text. These templates hold one call per message.
 */
import { literal } from '../grammar/gbnf.ts';
import { createJsonCallReader, plainHeading } from '../output/json-call.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

export const llama3 = taggedFamily({
  id: 'llama3',
  title: 'Llama 3.x JSON',
  probe: /<\|(?:end_header_id|python_tag)\|>\s*\{"name":\s*"probe_tool",\s*"parameters":\s*\{"depth":\s*"three"\}\s*\}/,
  syntax: {
    thinking: [thinkTags],
    calls: {
      open: ['<|python_tag|>'],
      close: [],
      others: ['<|eom_id|>', '<|eot_id|>'],
      untagged: 'first',
      between: /^[\s;,]+/,
      looksLikeCall,
      newCall: () => createJsonCallReader({ heading: plainHeading }),
    },
  },
  grammar: {
    open: '',
    between: null,
    further: '',
    close: '',
    call: ({ name, input }) =>
      `${literal(`{"name": ${JSON.stringify(name)}, "parameters": `)} ${input()} ${literal('}')}`,
  },
});

const beginnings = ['{"name":"', '{"type":"function","name":"'];
const inputs = [',"parameters":', ',"arguments":'];
/** Longest tool name, characters. */
const nameChars = 128;

/** A name first, then what goes in: that order is the documented one, and what tells a call from other JSON. */
function looksLikeCall(text: string): 'yes' | 'no' | 'undecided' {
  const compact = text.slice(0, 400).replaceAll(/\s/g, '');
  const beginning = beginnings.find((each) => compact.startsWith(each));
  if (beginning === undefined) return beginnings.some((each) => each.startsWith(compact)) ? 'undecided' : 'no';
  const rest = compact.slice(beginning.length);
  const end = rest.indexOf('"');
  if (end === -1) return rest.length > nameChars ? 'no' : 'undecided';
  const after = rest.slice(end + 1);
  if (inputs.some((each) => after.startsWith(each))) return 'yes';
  return inputs.some((each) => each.startsWith(after)) ? 'undecided' : 'no';
}
