import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

export const retrieve: CompatCase = {
  name: 'retrieve',
  group: 'models',
  title: 'GET /v1/models/ID gives one entry',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  needs: 'modelList',
  async run(target) {
    const { data } = await get(target, '/v1/models');
    const entry = await get(target, `/v1/models/${encodeURIComponent(data[0].id)}`);
    expect(entry?.id === data[0].id && entry.type === 'model', `the entry ${quote(data[0].id)}`, quote(entry));
    return pass;
  },
};
