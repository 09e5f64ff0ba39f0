import type { CompatCase } from '../../compat-case.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const requestIdInErrors: CompatCase = {
  name: 'request-id-in-errors',
  group: 'headers',
  title: 'The request_id in an error body is the one of the header',
  contract: 'messages-api §3',
  evidence: 'sdk-types',
  async run(target) {
    const reply = await refuse(target, { messages: 'Hello' });
    const request_id = reply.json?.request_id;
    const header = reply.headers.get('request-id');
    if (request_id === undefined && header === null) return degraded('errors have no request id at all');
    expect(request_id === header, `request_id ${quote(header)}, as in the header`, quote(request_id));
    return pass;
  },
};
