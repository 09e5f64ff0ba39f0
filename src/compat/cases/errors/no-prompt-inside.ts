import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { ask, user } from '../../vocabulary.ts';

/** Errors are logged. */
export const noPromptInside: CompatCase = {
  name: 'no-prompt-inside',
  group: 'errors',
  title: 'An error does not repeat the prompt',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    const secret = 'rhubarb-4711-marmalade';
    const system = `The password is ${secret}.`;
    const replies = [
      await ask(target, { system, max_tokens: 'many' }),
      await ask(target, { system, messages: [user([{ type: 'hologram' }])] }),
      await ask(target, { system, model: 'no-such-model' }),
    ];
    const told = replies.find(({ text }) => text.includes(secret));
    expect(told === undefined, 'an error without text of the prompt', quote(told?.text));
    return pass;
  },
};
