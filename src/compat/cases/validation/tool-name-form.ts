import type { CompatCase } from '../../compat-case.ts';
import { colourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const toolNameForm: CompatCase = {
  name: 'tool-name-form',
  group: 'validation',
  title: 'A tool whose name has spaces is refused',
  contract: 'messages-api §4.5',
  evidence: 'recall',
  async run(target) {
    await refuse(target, { tools: [{ ...colourTool, name: 'pick a colour' }] }, { message: /name/ });
    return pass;
  },
};
