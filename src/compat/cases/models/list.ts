import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

export const list: CompatCase = {
  name: 'list',
  group: 'models',
  title: 'GET /v1/models lists models in a page',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  refusable: /not found|models|nothing is served|not (supported|available)/i,
  async run(target) {
    const page = await get(target, '/v1/models');
    expect(Array.isArray(page?.data) && page.data.length > 0, 'data, a list', quote(page));
    expect(typeof page.has_more === 'boolean', 'has_more, a boolean', quote({ ...page, data: '...' }));
    expect(page.first_id === page.data[0].id, `first_id ${quote(page.data[0].id)}`, quote(page.first_id));
    expect(page.last_id === page.data.at(-1).id, `last_id ${quote(page.data.at(-1).id)}`, quote(page.last_id));
    return pass;
  },
};
