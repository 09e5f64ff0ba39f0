import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const nullOptions: CompatCase = {
  name: 'null-options',
  group: 'messages',
  title: 'Options that the types allow to be null may be null',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  async run(target) {
    const fields = { metadata: { user_id: null }, speed: null, output_config: { effort: null, format: null } };
    await answer(target, { ...fields, max_tokens: 1 });
    return pass;
  },
};
