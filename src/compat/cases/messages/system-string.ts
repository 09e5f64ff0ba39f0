import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const systemString: CompatCase = {
  name: 'system-string',
  group: 'messages',
  title: 'A system prompt is read',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  async run(target) {
    const bare = await answer(target, { max_tokens: 1 });
    expectLonger(await answer(target, { max_tokens: 1, system: longSentence }), bare);
    return pass;
  },
};
