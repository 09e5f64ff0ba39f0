import type { CompatCase } from '../../compat-case.ts';
import { bellTool, colourTool, forced, sizeTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

export const parallelAnswers: CompatCase = {
  name: 'parallel-answers',
  group: 'concurrency',
  title: 'Several requests at once get an answer each, and the right one',
  contract: 'messages-api §1',
  evidence: 'measured-client',
  async run(target) {
    const tools = [colourTool, sizeTool, bellTool];
    const messages = await Promise.all(tools.map((tool) => answer(target, forced(tool))));
    const names = messages.map((message) => block(message, 'tool_use').name);
    expect(quote(names) === quote(tools.map(({ name }) => name)), 'each its own tool', quote(names));
    return pass;
  },
};
