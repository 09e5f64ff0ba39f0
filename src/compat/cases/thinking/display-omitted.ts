import type { CompatCase } from '../../compat-case.ts';
import { thinking, thinkingTokens } from '../../samples.ts';
import { expect, notApplicable, pass, quote } from '../../verdict.ts';
import { answer, blocks, user } from '../../vocabulary.ts';

export const displayOmitted: CompatCase = {
  name: 'display-omitted',
  group: 'thinking',
  title: 'display: omitted leaves the text of thinking out',
  contract: 'messages-api §4.6',
  evidence: 'sdk-types',
  refusable: /thinking|display/i,
  async run(target) {
    const fields = { thinking: { ...thinking, display: 'omitted' }, max_tokens: thinkingTokens };
    const message = await answer(target, { ...fields, messages: [user('What is 3 + 4?')] });
    const thought = blocks(message, 'thinking')[0];
    if (thought === undefined) return notApplicable('the model did not think');
    expect(thought.thinking === '', 'a thinking block without text', quote(thought));
    return pass;
  },
};
