import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const unknownModelStreamed: CompatCase = {
  name: 'unknown-model-streamed',
  group: 'errors',
  title: 'It is the same 404 when a stream was asked for',
  contract: 'messages-api §8',
  evidence: 'measured-client',
  async run(target) {
    const fields = { model: 'no-such-model', stream: true };
    await refuse(target, fields, { status: 404, type: 'not_found_error', message: /model/ });
    return pass;
  },
};
