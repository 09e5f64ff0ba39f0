import type { CompatCase } from '../../compat-case.ts';
import { expectRead } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { text } from '../../vocabulary.ts';

export const documentBlocks: CompatCase = {
  name: 'document-blocks',
  group: 'content',
  title: 'A document made of content blocks is read',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  refusable: /document/i,
  async run(target) {
    await expectRead(target, (words) => [{ type: 'document', source: { type: 'content', content: [text(words)] } }]);
    return pass;
  },
};
