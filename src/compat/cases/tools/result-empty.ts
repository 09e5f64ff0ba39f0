import type { CompatCase } from '../../compat-case.ts';
import { callAndResult, question, withColourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const resultEmpty: CompatCase = {
  name: 'result-empty',
  group: 'tools',
  title: 'A tool result without content is accepted',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    await answer(target, { ...withColourTool, messages: [question, ...callAndResult({})] });
    return pass;
  },
};
