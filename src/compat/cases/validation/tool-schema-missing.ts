import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const toolSchemaMissing: CompatCase = {
  name: 'tool-schema-missing',
  group: 'validation',
  title: 'A tool without a schema is refused by name',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  async run(target) {
    await refuse(target, { tools: [{ name: 'pick_colour' }] }, { message: /input_schema|tools/ });
    return pass;
  },
};
