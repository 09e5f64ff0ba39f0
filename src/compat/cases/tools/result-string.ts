import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { callAndResult, question, withColourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const resultString: CompatCase = {
  name: 'result-string',
  group: 'tools',
  title: 'A tool result may be a string, and is read',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    const asked = (content: string) => ({ ...withColourTool, messages: [question, ...callAndResult({ content })] });
    expectLonger(await answer(target, asked(longSentence)), await answer(target, asked('ok')));
    return pass;
  },
};
