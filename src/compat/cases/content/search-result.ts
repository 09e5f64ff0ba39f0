import type { CompatCase } from '../../compat-case.ts';
import { expectRead } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { text } from '../../vocabulary.ts';

export const searchResult: CompatCase = {
  name: 'search-result',
  group: 'content',
  title: 'A search result is read',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  refusable: /search_result/i,
  async run(target) {
    await expectRead(target, (words) => [
      { type: 'search_result', source: 'https://example.com', title: 'Example', content: [text(words)] },
    ]);
    return pass;
  },
};
