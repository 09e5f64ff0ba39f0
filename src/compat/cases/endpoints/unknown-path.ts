import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectRefusal } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const unknownPath: CompatCase = {
  name: 'unknown-path',
  group: 'endpoints',
  title: 'An unknown path is a 404 in the error envelope',
  contract: 'messages-api §8',
  evidence: 'recorded',
  async run(target) {
    expectRefusal(await send(target, { path: '/v1/no-such-thing' }), { status: 404, type: 'not_found_error' });
    return pass;
  },
};
