import type { CompatCase } from '../../compat-case.ts';
import { callAndResult, colourTool, question } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const callInputObject: CompatCase = {
  name: 'call-input-object',
  group: 'validation',
  title: 'The input of a call in the history must be an object',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    const messages = [question, ...callAndResult({ content: 'done' }, { input: '{"colour":"red"}' })];
    await refuse(target, { messages, tools: [colourTool] }, { message: /input/ });
    return pass;
  },
};
