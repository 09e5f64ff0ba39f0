import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** The SDKs since 1.0 send nothing else. */
export const bearer: CompatCase = {
  name: 'bearer',
  group: 'keys',
  title: 'A key in Authorization: Bearer is accepted',
  contract: 'messages-api §0',
  evidence: 'sdk-types',
  needs: 'keys',
  async run(target) {
    const headers = { 'x-api-key': '', authorization: `Bearer ${target.key}` };
    await answer(target, { max_tokens: 1 }, { headers });
    return pass;
  },
};
