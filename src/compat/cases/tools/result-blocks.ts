import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { callAndResult, question, withColourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer, text } from '../../vocabulary.ts';

export const resultBlocks: CompatCase = {
  name: 'result-blocks',
  group: 'tools',
  title: 'A tool result may be text blocks, and each is read',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    const asked = (...words: string[]) => {
      const content = words.map((word) => text(word));
      return { ...withColourTool, messages: [question, ...callAndResult({ content })] };
    };
    expectLonger(await answer(target, asked('ok', longSentence)), await answer(target, asked('ok')));
    return pass;
  },
};
