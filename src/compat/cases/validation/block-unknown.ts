import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse, user } from '../../vocabulary.ts';

export const blockUnknown: CompatCase = {
  name: 'block-unknown',
  group: 'validation',
  title: 'A block of a type nobody knows is refused, not dropped',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    const messages = [user([{ type: 'hologram', data: 'x' }])];
    await refuse(target, { messages }, { message: /hologram|type|tag|content/i });
    return pass;
  },
};
