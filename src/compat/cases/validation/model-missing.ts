import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const modelMissing: CompatCase = {
  name: 'model-missing',
  group: 'validation',
  title: 'A request without model is refused by name',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    await refuse(target, { model: undefined }, { message: /model/ });
    return pass;
  },
};
