import type { CompatCase } from '../../compat-case.ts';
import { callAndResult, question, withColourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const resultError: CompatCase = {
  name: 'result-error',
  group: 'tools',
  title: 'A tool result with is_error is accepted, true or false',
  contract: 'clients §3',
  evidence: 'measured-client',
  async run(target) {
    for (const is_error of [true, false]) {
      const result = callAndResult({ content: '<tool_use_error>No.</tool_use_error>', is_error });
      await answer(target, { ...withColourTool, messages: [question, ...result] });
    }
    return pass;
  },
};
