import type { CompatCase } from '../../compat-case.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

export const limitsStated: CompatCase = {
  name: 'limits-stated',
  group: 'models',
  title: 'An entry tells how much the model can read and write',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  needs: 'modelList',
  async run(target) {
    const { data } = await get(target, '/v1/models');
    for (const field of ['max_input_tokens', 'max_tokens']) {
      const value = data[0][field] ?? null;
      expect(value === null || Number.isInteger(value), `${field}, an integer or null`, quote(value));
      if (value === null) return degraded(`${field} is not told`);
    }
    return pass;
  },
};
