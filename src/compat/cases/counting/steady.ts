import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { count } from '../../vocabulary.ts';

export const steady: CompatCase = {
  name: 'steady',
  group: 'counting',
  title: 'The same request counts the same twice',
  contract: 'messages-api §9',
  evidence: 'recall',
  needs: 'counting',
  async run(target) {
    const [first, second] = [await count(target), await count(target)];
    expect(first === second, `${first} again`, `${second}`);
    return pass;
  },
};
