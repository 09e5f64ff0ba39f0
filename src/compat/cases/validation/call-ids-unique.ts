import type { CompatCase } from '../../compat-case.ts';
import { callAndResult, colourTool, question } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const callIdsUnique: CompatCase = {
  name: 'call-ids-unique',
  group: 'validation',
  title: 'Two calls with one id are refused',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    const turns = callAndResult({ content: 'done' });
    await refuse(target, { messages: [question, ...turns, ...turns], tools: [colourTool] }, { message: /unique/ });
    return pass;
  },
};
