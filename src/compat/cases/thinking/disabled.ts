import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, blocks, user } from '../../vocabulary.ts';

export const disabled: CompatCase = {
  name: 'disabled',
  group: 'thinking',
  title: 'thinking {type: disabled} is answered without thinking',
  contract: 'messages-api §4.6',
  evidence: 'sdk-types',
  async run(target) {
    const message = await answer(target, { thinking: { type: 'disabled' }, messages: [user('What is 3 + 4?')] });
    expect(blocks(message, 'thinking').length === 0, 'no thinking block', quote(message.content));
    return pass;
  },
};
