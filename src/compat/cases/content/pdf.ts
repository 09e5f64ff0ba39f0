import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, text, user } from '../../vocabulary.ts';

export const pdf: CompatCase = {
  name: 'pdf',
  group: 'content',
  title: 'A PDF is read, or refused by name',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  refusable: /pdf|document|base64/i,
  async run(target) {
    const data = Buffer.from('%PDF-1.4\n%%EOF').toString('base64');
    const source = { type: 'base64', media_type: 'application/pdf', data };
    await answer(target, { messages: [user([{ type: 'document', source }, text('What is it?')])], max_tokens: 1 });
    return pass;
  },
};
