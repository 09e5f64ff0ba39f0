import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, text, user } from '../../vocabulary.ts';

export const emptySignature: CompatCase = {
  name: 'empty-signature',
  group: 'thinking',
  title: 'A thinking block in the history may have an empty signature',
  contract: 'messages-api §4.2',
  evidence: 'measured-client',
  async run(target) {
    const block = { type: 'thinking', thinking: 'Seven.', signature: '' };
    await answer(target, {
      messages: [user('What is 3 + 4?'), assistant([block, text('7.')]), user('Thanks')],
      max_tokens: 1,
    });
    return pass;
  },
};
