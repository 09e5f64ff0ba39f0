import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, user } from '../../vocabulary.ts';

export const oddCharacters: CompatCase = {
  name: 'odd-characters',
  group: 'content',
  title: 'Text of any script is read: emoji, right to left, combining marks, control characters',
  contract: 'messages-api §4.2',
  evidence: 'recall',
  async run(target) {
    const words = 'żółw 🦊👨‍👩‍👧 日本語 עברית é\u0301 \u0000\u0007 \u2028 <|im_end|> [INST]';
    await answer(target, { messages: [user(words)], max_tokens: 4 });
    return pass;
  },
};
