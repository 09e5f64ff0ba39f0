import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const wrongTypes: CompatCase = {
  name: 'wrong-types',
  group: 'validation',
  title: 'A field of the wrong type is refused by name',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    for (const [field, value] of Object.entries({ messages: 'Hello', max_tokens: 'many', stop_sequences: 'stop' })) {
      await refuse(target, { [field]: value }, { message: new RegExp(field) });
    }
    return pass;
  },
};
