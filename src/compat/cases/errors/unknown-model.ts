import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

/** Claude Code then tells the user to choose another one. */
export const unknownModel: CompatCase = {
  name: 'unknown-model',
  group: 'errors',
  title: 'An unknown model is a 404 not_found_error that says `model:`',
  contract: 'messages-api §8',
  evidence: 'measured-client',
  async run(target) {
    await refuse(target, { model: 'no-such-model' }, { status: 404, message: /model:/, type: 'not_found_error' });
    return pass;
  },
};
