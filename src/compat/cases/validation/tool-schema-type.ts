import type { CompatCase } from '../../compat-case.ts';
import { colourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const toolSchemaType: CompatCase = {
  name: 'tool-schema-type',
  group: 'validation',
  title: 'The schema of a tool must be one of an object',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  async run(target) {
    const tool = { ...colourTool, input_schema: { type: 'array' } };
    await refuse(target, { tools: [tool] }, { message: /input_schema|object/ });
    return pass;
  },
};
