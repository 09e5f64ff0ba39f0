import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const wrong: CompatCase = {
  name: 'wrong',
  group: 'keys',
  title: 'With a wrong key: 401 authentication_error',
  contract: 'messages-api §8',
  evidence: 'recorded',
  needs: 'keys',
  async run(target) {
    const headers = { 'x-api-key': 'sk-ant-api03-not-a-key' };
    await refuse(target, {}, { status: 401, type: 'authentication_error' }, { headers });
    return pass;
  },
};
