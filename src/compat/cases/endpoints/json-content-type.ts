import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { ask, expectAnswered } from '../../vocabulary.ts';

/** The SDKs parse nothing else. */
export const jsonContentType: CompatCase = {
  name: 'json-content-type',
  group: 'endpoints',
  title: 'A message that is not streamed says it is JSON',
  contract: 'messages-api §7',
  evidence: 'sdk-types',
  async run(target) {
    const reply = await ask(target);
    expectAnswered(reply);
    const seen = reply.headers.get('content-type');
    expect(/^application\/json/.test(seen ?? ''), 'content-type application/json', quote(seen));
    return pass;
  },
};
