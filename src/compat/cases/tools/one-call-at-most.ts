import type { CompatCase } from '../../compat-case.ts';
import { colourTool, sizeTool } from '../../tools.ts';
import { expect, pass } from '../../verdict.ts';
import { answer, blocks } from '../../vocabulary.ts';

export const oneCallAtMost: CompatCase = {
  name: 'one-call-at-most',
  group: 'tools',
  title: 'With disable_parallel_tool_use there is one call',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  async run(target) {
    const tool_choice = { type: 'any', disable_parallel_tool_use: true };
    const message = await answer(target, { tools: [colourTool, sizeTool], tool_choice, max_tokens: 512 });
    const calls = blocks(message, 'tool_use').length;
    expect(calls === 1, 'one tool_use', `${calls}`);
    return pass;
  },
};
