import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const temperatureRange: CompatCase = {
  name: 'temperature-range',
  group: 'validation',
  title: 'A temperature above 1 is refused by name',
  contract: 'messages-api §8.1',
  evidence: 'recall',
  async run(target) {
    await refuse(target, { temperature: 1.5 }, { message: /temperature/ });
    return pass;
  },
};
