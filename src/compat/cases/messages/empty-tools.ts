import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const emptyTools: CompatCase = {
  name: 'empty-tools',
  group: 'messages',
  title: 'tools: [] is as good as none',
  contract: 'messages-api §4.1',
  evidence: 'measured-client',
  async run(target) {
    await answer(target, { tools: [], max_tokens: 1 });
    return pass;
  },
};
