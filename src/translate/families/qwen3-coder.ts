/**
 * Qwen3-Coder, Qwen 3.5 and their relatives: one tag per argument, values as plain text.
 *
 *     <tool_call>\n<function=find>\n<parameter=of>\nParis\n</parameter>\n</function>\n</tool_call>
 *
 * These models often leave `<tool_call>` out; `<function=` opens a call by itself.
 */
import { fieldRules } from '../grammar/field-rules.ts';
import { literal } from '../grammar/gbnf.ts';
import { createFieldCallReader } from '../output/field-call.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

export const qwen3Coder = taggedFamily({
  id: 'qwen3-coder',
  title: 'Qwen3-Coder XML',
  probe: /<function=probe_tool>\s*<parameter=depth>\s*three\s*<\/parameter>\s*<\/function>/,
  syntax: {
    thinking: [thinkTags],
    calls: {
      open: ['<tool_call>'],
      openAndKept: ['<function='],
      close: ['</tool_call>'],
      endsWhenWhole: true,
      others: ['</function>', '<parameter=', '</parameter>'],
      newCall: () =>
        createFieldCallReader({
          heading: /\s*<function=([^>\s]+)>/y,
          field: /\s*<parameter=([^>]+)>/y,
          valueEnd: '</parameter>',
          end: /\s*<\/function>/y,
          value: (text) => text.replace(/^\n/, '').replace(/\n$/, ''),
        }),
    },
  },
  argumentsAsTexts: true,
  grammar: {
    open: '',
    between: '\n',
    close: '',
    call: (tool) => {
      const fields = fieldRules(tool, {
        open: (key) => `<parameter=${key}>\n`,
        valueEnd: '</parameter>',
        padding: '\n',
        after: '\n',
      });
      return `${literal(`<tool_call>\n<function=${tool.name}>\n`)} ${fields} ${literal('</function>\n</tool_call>')}`;
    },
  },
});
