import type { CompatCase } from '../../compat-case.ts';
import { callAndResult, colourTool, question } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse, user } from '../../vocabulary.ts';

export const callWithoutResult: CompatCase = {
  name: 'call-without-result',
  group: 'validation',
  title: 'A call without its result is refused, naming the id',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    const [call] = callAndResult({});
    await refuse(
      target,
      { messages: [question, call, user('Go on.')], tools: [colourTool] },
      { message: /tool_use|tool_result/ },
    );
    return pass;
  },
};
