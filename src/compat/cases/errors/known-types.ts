import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { ask } from '../../vocabulary.ts';

const known =
  /^(invalid_request|authentication|billing|permission|not_found|rate_limit|timeout|api|overloaded|conflict|memory_\w+)_error$|^request_too_large$/;

export const knownTypes: CompatCase = {
  name: 'known-types',
  group: 'errors',
  title: 'Error types are documented ones',
  contract: 'messages-api §8',
  evidence: 'sdk-types',
  async run(target) {
    for (const fields of [{ max_tokens: undefined }, { model: 'no-such-model' }, { messages: [] }]) {
      const type = (await ask(target, fields)).json?.error?.type;
      expect(known.test(type ?? ''), 'a documented error type', quote(type));
    }
    return pass;
  },
};
