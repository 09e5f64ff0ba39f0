/**
 * GLM 4.5 and later: argument names and values in tags of their own, values as plain text. Since 4.7
 * without line breaks between them.
 *
 *     <tool_call>find\n<arg_key>of</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>
 */
import { fieldRules } from '../grammar/field-rules.ts';
import { literal } from '../grammar/gbnf.ts';
import { createFieldCallReader } from '../output/field-call.ts';
import type { TaggedSyntax } from '../output/tagged-syntax.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

const syntax: TaggedSyntax = {
  thinking: [thinkTags],
  calls: {
    open: ['<tool_call>'],
    close: ['</tool_call>'],
    others: ['<arg_key>', '</arg_key>', '<arg_value>', '</arg_value>', '<|observation|>', '<|user|>'],
    newCall: () =>
      createFieldCallReader({
        heading: /\s*([^\s<]+)\s*(?=<arg_key>)/y,
        field: /\s*<arg_key>([^<]+)<\/arg_key>\s*<arg_value>/y,
        valueEnd: '</arg_value>',
        end: null,
        value: (text) => text,
      }),
  },
};

const glmFamily = (id: string, title: string, line: '\n' | '') =>
  taggedFamily({
    id,
    title,
    syntax,
    probe: new RegExp(
      `<tool_call>probe_tool${line}<arg_key>depth</arg_key>${line}<arg_value>three</arg_value>${line}</tool_call>`,
    ),
    argumentsAsTexts: true,
    grammar: {
      open: '',
      between: line,
      close: '',
      call: (tool) => {
        const fields = fieldRules(tool, {
          open: (key) => `<arg_key>${key}</arg_key>${line}<arg_value>`,
          valueEnd: '</arg_value>',
          padding: '',
          after: line,
        });
        return `${literal(`<tool_call>${tool.name}${line}`)} ${fields} ${literal('</tool_call>')}`;
      },
    },
  });

export const glmLines = glmFamily('glm-lines', 'GLM 4.5 and 4.6', '\n');
export const glmDense = glmFamily('glm-dense', 'GLM 4.7 and later', '');
