import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const modelUnknown: CompatCase = {
  name: 'model-unknown',
  group: 'counting',
  title: 'A count for an unknown model is a 404',
  contract: 'messages-api §8',
  evidence: 'recorded',
  needs: 'counting',
  async run(target) {
    const expected = { status: 404, type: 'not_found_error', message: /model/ };
    await refuse(target, { model: 'no-such-model', max_tokens: undefined }, expected, {
      path: '/v1/messages/count_tokens',
    });
    return pass;
  },
};
