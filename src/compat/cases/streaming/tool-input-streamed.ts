import type { CompatCase } from '../../compat-case.ts';
import { toolStream } from '../../samples.ts';
import { colours, colourTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { block } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';
import { events, outline } from '../../wire/read-stream.ts';

export const toolInputStreamed: CompatCase = {
  name: 'tool-input-streamed',
  group: 'streaming',
  title: 'A tool call starts with the input {} and its pieces make one JSON object',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    const record = await toolStream(target);
    const start = events(record).find(({ data }) => data?.content_block?.type === 'tool_use')?.data.content_block;
    expect(start !== undefined, 'a tool_use block', outline(record));
    expect(quote(start.input) === '{}', 'input {} in content_block_start', quote(start));
    expect(typeof start.id === 'string' && start.name === colourTool.name, 'id and name at the start', quote(start));
    const { input } = block(foldStream(record), 'tool_use');
    expect(colours.includes(input?.colour), `a colour of ${quote(colours)}`, quote(input));
    return pass;
  },
};
