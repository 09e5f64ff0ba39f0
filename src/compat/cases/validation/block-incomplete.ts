import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse, user } from '../../vocabulary.ts';

export const blockIncomplete: CompatCase = {
  name: 'block-incomplete',
  group: 'validation',
  title: 'A text block without text is refused',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    await refuse(target, { messages: [user([{ type: 'text' }])] }, { message: /text/ });
    return pass;
  },
};
