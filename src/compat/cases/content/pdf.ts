import type { CompatCase } from '../../compat-case.ts';
import { expectRead } from '../../prompt-size.ts';
import { smallPdf } from '../../small-pdf.ts';
import { pass } from '../../verdict.ts';

const source = (words: string) => {
  const data = Buffer.from(smallPdf(words)).toString('base64');
  return { type: 'base64', media_type: 'application/pdf', data };
};

export const pdf: CompatCase = {
  name: 'pdf',
  group: 'content',
  title: 'A PDF is read, or refused by name',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  refusable: /pdf|document|base64/i,
  async run(target) {
    await expectRead(target, (words) => [{ type: 'document', source: source(words) }]);
    return pass;
  },
};
