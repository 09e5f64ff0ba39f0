import type { CompatCase } from '../../compat-case.ts';
import { expectRead } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';

const source = (data: string) => ({ type: 'text', media_type: 'text/plain', data });

export const documentText: CompatCase = {
  name: 'document-text',
  group: 'content',
  title: 'A document that carries its text is read',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  refusable: /document/i,
  async run(target) {
    await expectRead(target, (words) => [{ type: 'document', title: 'Notes', source: source(words) }]);
    return pass;
  },
};
