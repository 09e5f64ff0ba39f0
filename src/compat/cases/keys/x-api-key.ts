import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const xApiKey: CompatCase = {
  name: 'x-api-key',
  group: 'keys',
  title: 'A key in x-api-key is accepted',
  contract: 'messages-api §0',
  evidence: 'measured-client',
  needs: 'keys',
  async run(target) {
    await answer(target, { max_tokens: 1 }, { headers: { 'x-api-key': target.key ?? '' } });
    return pass;
  },
};
