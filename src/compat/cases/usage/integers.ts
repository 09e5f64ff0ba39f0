import type { CompatCase } from '../../compat-case.ts';
import { textMessage, toolMessage } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const integers: CompatCase = {
  name: 'integers',
  group: 'usage',
  title: 'Token counts are integers, not negative',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    for (const { usage } of [await textMessage(target), await toolMessage(target)]) {
      for (const field of ['input_tokens', 'output_tokens']) {
        expect(Number.isInteger(usage?.[field]) && usage[field] >= 0, `${field}, an integer`, quote(usage));
      }
      for (const field of ['cache_creation_input_tokens', 'cache_read_input_tokens']) {
        const value = usage[field] ?? 0;
        expect(Number.isInteger(value) && value >= 0, `${field}, an integer or null`, quote(usage));
      }
    }
    return pass;
  },
};
