import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const missing: CompatCase = {
  name: 'missing',
  group: 'keys',
  title: 'Without a key: 401 authentication_error',
  contract: 'messages-api §8',
  evidence: 'recorded',
  needs: 'keys',
  async run(target) {
    await refuse(target, {}, { status: 401, type: 'authentication_error' }, { headers: { 'x-api-key': '' } });
    return pass;
  },
};
