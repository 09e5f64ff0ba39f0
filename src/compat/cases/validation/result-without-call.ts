import type { CompatCase } from '../../compat-case.ts';
import { colourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse, user } from '../../vocabulary.ts';

export const resultWithoutCall: CompatCase = {
  name: 'result-without-call',
  group: 'validation',
  title: 'A tool result without its call is refused, naming the id',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    const messages = [user([{ type: 'tool_result', tool_use_id: 'toolu_lost', content: 'x' }])];
    await refuse(target, { messages, tools: [colourTool] }, { message: /tool_use_id|tool_result/ });
    return pass;
  },
};
