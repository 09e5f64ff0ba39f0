import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const toolTypeUnknown: CompatCase = {
  name: 'tool-type-unknown',
  group: 'validation',
  title: 'A tool of a type nobody knows is refused, not dropped',
  contract: 'messages-api §4.5',
  evidence: 'recall',
  async run(target) {
    await refuse(target, { tools: [{ type: 'teleport_20300101', name: 'teleport' }] }, { message: /tool|type/i });
    return pass;
  },
};
