import type { CompatCase } from '../../compat-case.ts';
import { bellTool, colourTool, forced, sizeTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { block, streamed } from '../../vocabulary.ts';

export const parallelStreams: CompatCase = {
  name: 'parallel-streams',
  group: 'concurrency',
  title: 'Several streams at once are not mixed up',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    const tools = [colourTool, sizeTool, bellTool];
    const messages = await Promise.all(tools.map((tool) => streamed(target, forced(tool))));
    const names = messages.map((message) => block(message, 'tool_use').name);
    expect(quote(names) === quote(tools.map(({ name }) => name)), 'each its own tool', quote(names));
    expect(new Set(messages.map(({ id }) => id)).size === tools.length, 'different message ids', quote(messages));
    return pass;
  },
};
