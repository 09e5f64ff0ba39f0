import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { ask, expectAnswered } from '../../vocabulary.ts';

export const messages: CompatCase = {
  name: 'messages',
  group: 'endpoints',
  title: 'POST /v1/messages answers',
  contract: 'messages-api §1',
  evidence: 'sdk-types',
  async run(target) {
    const reply = await ask(target);
    expectAnswered(reply);
    expect(reply.json?.type === 'message', 'a message', quote(reply.json ?? reply.text));
    return pass;
  },
};
