import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

/** The SDKs page through the list that way, until has_more is false. */
export const nextPage: CompatCase = {
  name: 'next-page',
  group: 'models',
  title: 'after_id goes on behind an entry',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  needs: 'modelList',
  async run(target) {
    const { data } = await get(target, '/v1/models?limit=1000');
    const first = data[0].id;
    const next = await get(target, `/v1/models?limit=1000&after_id=${encodeURIComponent(first)}`);
    const [seen, rest] = [next.data, data.slice(1)].map((list) => list.map(({ id }: { id: string }) => id));
    expect(quote(seen) === quote(rest), `what follows ${quote(first)}: ${quote(rest)}`, quote(seen));
    expect(next.has_more === false, 'has_more false', quote(next.has_more));
    return pass;
  },
};
