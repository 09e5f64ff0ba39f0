/**
 * DeepSeek: tags with fullwidth bars and block characters around each call and around the list.
 *
 *     V3, R1:  <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>find\n```json\n{...}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>
 *     V3.1:    <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>find<｜tool▁sep｜>{...}<｜tool▁call▁end｜><｜tool▁calls▁end｜>
 *
 * Both read both. The templates have no place for tools, so they are listed in the system prompt, as the
 * model cards describe.
 */
import { literal } from '../grammar/gbnf.ts';
import { createJsonCallReader } from '../output/json-call.ts';
import type { TaggedSyntax } from '../output/tagged-syntax.ts';
import type { TemplateTool } from '../prompt/template-variables.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

const list = ['<｜tool▁calls▁begin｜>', '<｜tool▁calls▁end｜>'] as const;
const begin = '<｜tool▁call▁begin｜>';
const end = '<｜tool▁call▁end｜>';
const separator = '<｜tool▁sep｜>';

const syntax: TaggedSyntax = {
  thinking: [thinkTags],
  calls: {
    open: [begin],
    close: [end],
    list,
    others: [separator, '<｜end▁of▁sentence｜>'],
    newCall: () =>
      createJsonCallReader({
        heading: new RegExp(
          `^\\s*(?:function${separator})?\\s*(?<name>[^\\s\`{<]+)\\s*(?:${separator})?\\s*(?:\`\`\`(?:json)?)?\\s*$`,
        ),
        trailing: /[\s`]/,
      }),
  },
};

const printTool = ({ function: tool }: TemplateTool): string =>
  `### ${tool.name}\nDescription: ${tool.description}\n\nParameters: ${JSON.stringify(tool.parameters)}`;

const listTools =
  (example: string) =>
  (tools: readonly TemplateTool[]): string =>
    [
      '## Tools\nThese tools can be called:',
      ...tools.map(printTool),
      `To call a tool, write exactly this, with JSON that fits the tool's parameters, and one such entry after the other for several calls:\n${example}`,
    ].join('\n\n');

export const deepseekV3 = taggedFamily({
  id: 'deepseek-v3',
  title: 'DeepSeek V3 and R1',
  probe: new RegExp(
    `${begin}function${separator}probe_tool\\s*\`\`\`json\\s*\\{"depth":\\s*"three"\\}\\s*\`\`\`\\s*${end}`,
  ),
  syntax,
  listTools: listTools(
    `${list[0]}${begin}function${separator}tool_name\n\`\`\`json\n{"argument": "value"}\n\`\`\`${end}${list[1]}`,
  ),
  grammar: {
    open: list[0],
    between: '\n',
    close: list[1],
    call: ({ name, input }) =>
      `${literal(`${begin}function${separator}${name}\n\`\`\`json\n`)} ${input()} ${literal(`\n\`\`\`${end}`)}`,
  },
});

export const deepseekV31 = taggedFamily({
  id: 'deepseek-v3.1',
  title: 'DeepSeek V3.1',
  probe: new RegExp(`${begin}probe_tool${separator}\\s*\\{"depth":\\s*"three"\\}\\s*${end}`),
  syntax,
  listTools: listTools(`${list[0]}${begin}tool_name${separator}{"argument": "value"}${end}${list[1]}`),
  grammar: {
    open: list[0],
    between: '',
    close: list[1],
    call: ({ name, input }) => `${literal(`${begin}${name}${separator}`)} ${input()} ${literal(end)}`,
  },
});
