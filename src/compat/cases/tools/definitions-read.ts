import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { colourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const definitionsRead: CompatCase = {
  name: 'definitions-read',
  group: 'tools',
  title: 'The description of a tool is part of the prompt',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  async run(target) {
    const asked = (description: string) => ({ tools: [{ ...colourTool, description }], max_tokens: 1 });
    expectLonger(await answer(target, asked(longSentence)), await answer(target, asked('Short.')));
    return pass;
  },
};
