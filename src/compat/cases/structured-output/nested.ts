import type { CompatCase } from '../../compat-case.ts';
import { jsonOf } from '../../shapes.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, user } from '../../vocabulary.ts';

export const nested: CompatCase = {
  name: 'nested',
  group: 'structured-output',
  title: 'Objects inside arrays inside objects are obeyed',
  contract: 'messages-api §4.7',
  evidence: 'recall',
  refusable: /output_config|format|schema/i,
  async run(target) {
    const fruit = {
      type: 'object',
      properties: { kind: { type: 'string', enum: ['apple', 'pear'] }, ripe: { type: 'boolean' } },
      required: ['kind', 'ripe'],
      additionalProperties: false,
    };
    const schema = {
      type: 'object',
      properties: { fruits: { type: 'array', items: fruit, minItems: 2, maxItems: 2 } },
      required: ['fruits'],
      additionalProperties: false,
    };
    const fields = { messages: [user('Two fruits, please.')], max_tokens: 512 };
    const message = await answer(target, { ...fields, output_config: { format: { type: 'json_schema', schema } } });
    const { fruits } = jsonOf(message);
    const fits = Array.isArray(fruits) && fruits.length === 2 && fruits.every(({ ripe }) => typeof ripe === 'boolean');
    expect(fits, 'two fruits with kind and ripe', quote(fruits));
    return pass;
  },
};
