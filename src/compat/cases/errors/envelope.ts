import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { expectEnvelope, refuse } from '../../vocabulary.ts';

export const envelope: CompatCase = {
  name: 'envelope',
  group: 'errors',
  title: 'An error is {type: error, error: {type, message}} as JSON',
  contract: 'messages-api §8',
  evidence: 'sdk-types',
  async run(target) {
    const reply = await refuse(target, { messages: undefined });
    expectEnvelope(reply);
    const seen = reply.headers.get('content-type');
    expect(/^application\/json/.test(seen ?? ''), 'content-type application/json', quote(seen));
    return pass;
  },
};
