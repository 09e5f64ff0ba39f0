import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const requestCharset: CompatCase = {
  name: 'request-charset',
  group: 'headers',
  title: 'content-type may name a charset',
  contract: 'messages-api §2',
  evidence: 'recall',
  async run(target) {
    await answer(target, { max_tokens: 1 }, { headers: { 'content-type': 'application/json; charset=utf-8' } });
    return pass;
  },
};
