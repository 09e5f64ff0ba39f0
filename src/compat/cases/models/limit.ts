import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

export const limit: CompatCase = {
  name: 'limit',
  group: 'models',
  title: 'limit cuts the page and has_more says so',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  needs: 'modelList',
  async run(target) {
    const all = await get(target, '/v1/models?limit=1000');
    const one = await get(target, '/v1/models?limit=1');
    expect(one.data.length === 1, 'one entry', `${one.data.length}`);
    const more = all.data.length > 1;
    expect(one.has_more === more, `has_more ${more}`, quote(one.has_more));
    return pass;
  },
};
