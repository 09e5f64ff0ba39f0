import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const detailsForm: CompatCase = {
  name: 'details-form',
  group: 'errors',
  title: 'error.details, where there are any, have an error_code',
  contract: 'messages-api §8',
  evidence: 'sdk-types',
  async run(target) {
    const { details } = (await refuse(target, { messages: undefined })).json.error;
    if ((details ?? null) === null) return pass;
    expect(typeof details.error_code === 'string', 'details.error_code, a word', quote(details));
    return pass;
  },
};
