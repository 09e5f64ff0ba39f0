import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

export const batches: CompatCase = {
  name: 'batches',
  group: 'endpoints',
  title: 'Message batches are listed, or their absence is said',
  contract: 'messages-api §11',
  evidence: 'sdk-types',
  refusable: /not found|batch|nothing is served|not (supported|available)|no route/i,
  async run(target) {
    const list = await get(target, '/v1/messages/batches');
    expect(Array.isArray(list?.data), 'data, a list', quote(list));
    return pass;
  },
};
