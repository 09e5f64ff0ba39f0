import type { CompatCase } from '../../compat-case.ts';
import { colours, forced } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

const boxTool = {
  name: 'describe_box',
  input_schema: {
    type: 'object',
    properties: {
      full: { type: 'boolean' },
      inside: {
        type: 'array',
        items: { type: 'string', enum: ['apple', 'pear'] },
        minItems: 2,
        maxItems: 2,
      },
      lid: {
        type: 'object',
        properties: { colour: { type: 'string', enum: colours } },
        required: ['colour'],
        additionalProperties: false,
      },
    },
    required: ['full', 'inside', 'lid'],
    additionalProperties: false,
  },
};

export const inputFitsSchema: CompatCase = {
  name: 'input-fits-schema',
  group: 'tools',
  title: 'The input of a forced call fits its schema',
  contract: 'messages-api §4.5',
  evidence: 'recall',
  async run(target) {
    const { input } = block(await answer(target, forced(boxTool)), 'tool_use');
    expect(typeof input.full === 'boolean', 'full, a boolean', quote(input));
    const inside: unknown[] = Array.isArray(input.inside) ? input.inside : [];
    const fits = inside.length === 2 && inside.every((fruit) => fruit === 'apple' || fruit === 'pear');
    expect(fits, 'inside, two of apple and pear', quote(input));
    expect(colours.includes(input.lid?.colour), 'lid.colour, one of the colours', quote(input));
    return pass;
  },
};
