import type { CompatCase } from '../../compat-case.ts';
import { colourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const toolNamesUnique: CompatCase = {
  name: 'tool-names-unique',
  group: 'validation',
  title: 'Two tools with one name are refused',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    await refuse(target, { tools: [colourTool, colourTool] }, { message: /unique/i });
    return pass;
  },
};
