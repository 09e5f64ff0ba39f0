/**
 * DeepSeek V3.2 and V4: a markup of their own, one tag per argument, which says whether its value is text or
 * JSON. The two differ in the tag around the list.
 *
 *     <｜DSML｜function_calls>\n<｜DSML｜invoke name="find">\n<｜DSML｜parameter name="of" string="true">Paris</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>
 */
import { fieldRules } from '../grammar/field-rules.ts';
import { literal } from '../grammar/gbnf.ts';
import { createFieldCallReader } from '../output/field-call.ts';
import { taggedFamily, thinkTags } from './tagged-family.ts';

const invoke = '<｜DSML｜invoke name="';
const invokeEnd = '</｜DSML｜invoke>';
const parameter = '<｜DSML｜parameter name="';
const parameterEnd = '</｜DSML｜parameter>';

function dsmlFamily(id: string, title: string, listName: string) {
  const list = [`<｜DSML｜${listName}>`, `</｜DSML｜${listName}>`] as const;
  return taggedFamily({
    id,
    title,
    probe: new RegExp(
      `${list[0]}\\s*${invoke}probe_tool">\\s*${parameter}depth" string="true">three${parameterEnd}\\s*${invokeEnd}`,
    ),
    syntax: {
      thinking: [thinkTags],
      calls: {
        open: [invoke],
        close: [invokeEnd],
        list,
        others: [parameter, parameterEnd, '<｜end▁of▁sentence｜>'],
        newCall: () =>
          createFieldCallReader({
            heading: /\s*([^">]+)">/y,
            field: /\s*<｜DSML｜parameter name="([^"]+)"[^>]*>/y,
            valueEnd: parameterEnd,
            end: null,
            value: (text) => text,
          }),
      },
    },
    grammar: {
      open: `${list[0]}\n`,
      between: '\n',
      close: `\n${list[1]}`,
      call: (tool) => {
        const fields = fieldRules(tool, {
          open: (key, value) => {
            const says = (isText: boolean): string => `${parameter}${key}" string="${isText}">`;
            return value === 'either' ? [says(true), says(false)] : says(value === 'text');
          },
          valueEnd: parameterEnd,
          padding: '',
          after: '\n',
        });
        return `${literal(`${invoke}${tool.name}">\n`)} ${fields} ${literal(invokeEnd)}`;
      },
    },
  });
}

export const deepseekV32 = dsmlFamily('deepseek-v3.2', 'DeepSeek V3.2', 'function_calls');
export const deepseekV4 = dsmlFamily('deepseek-v4', 'DeepSeek V4', 'tool_calls');
