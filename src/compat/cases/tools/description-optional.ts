import type { CompatCase } from '../../compat-case.ts';
import { emptySchema, forced } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

export const descriptionOptional: CompatCase = {
  name: 'description-optional',
  group: 'tools',
  title: 'A tool needs no description',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  async run(target) {
    const tool = { name: 'ring_bell', input_schema: emptySchema };
    block(await answer(target, forced(tool)), 'tool_use');
    return pass;
  },
};
