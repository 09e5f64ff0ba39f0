import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse, text, user } from '../../vocabulary.ts';

export const textEmpty: CompatCase = {
  name: 'text-empty',
  group: 'validation',
  title: 'An empty text block is refused',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    await refuse(target, { messages: [user([text('')])] }, { message: /text content blocks must be non-empty|empty/ });
    return pass;
  },
};
