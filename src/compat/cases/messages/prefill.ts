import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, assistant, textOf, user } from '../../vocabulary.ts';

export const prefill: CompatCase = {
  name: 'prefill',
  group: 'messages',
  title: 'A last message of the assistant is continued, or prefill is refused by name',
  contract: 'messages-api §4.3',
  evidence: 'recorded',
  refusable: /prefill|assistant message|end with a user message/i,
  async run(target) {
    const messages = [user('Count from 1 to 9.'), assistant('The numbers are: 1,')];
    const { content } = await answer(target, { messages, max_tokens: 16 });
    const words = textOf({ content });
    expect(!words.startsWith('The numbers are'), 'only what comes after the prefill', quote(words));
    return pass;
  },
};
