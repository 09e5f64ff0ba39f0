import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

export const files: CompatCase = {
  name: 'files',
  group: 'endpoints',
  title: 'Files are listed, or their absence is said',
  contract: 'messages-api §1',
  evidence: 'sdk-types',
  refusable: /not found|file|nothing is served|not (supported|available)|no route/i,
  async run(target) {
    const list = await get(target, '/v1/files');
    expect(Array.isArray(list?.data), 'data, a list', quote(list));
    return pass;
  },
};
