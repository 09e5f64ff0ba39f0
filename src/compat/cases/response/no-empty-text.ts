import type { CompatCase } from '../../compat-case.ts';
import { textMessage, toolMessage } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { blocks } from '../../vocabulary.ts';

/** Clients send answers back as they came, and an empty text is refused. */
export const noEmptyText: CompatCase = {
  name: 'no-empty-text',
  group: 'response',
  title: 'No text block of an answer is empty',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    for (const message of [await textMessage(target), await toolMessage(target)]) {
      const empty = blocks(message, 'text').some(({ text }) => text === '');
      expect(!empty, 'text in every text block', quote(message.content));
    }
    return pass;
  },
};
