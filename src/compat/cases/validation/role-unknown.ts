import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const roleUnknown: CompatCase = {
  name: 'role-unknown',
  group: 'validation',
  title: 'A role nobody knows is refused by name',
  contract: 'messages-api §4.3',
  evidence: 'sdk-types',
  async run(target) {
    await refuse(target, { messages: [{ role: 'robot', content: 'Hello' }] }, { message: /role/ });
    return pass;
  },
};
