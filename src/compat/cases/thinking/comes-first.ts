import type { CompatCase } from '../../compat-case.ts';
import { thinkingMessage } from '../../samples.ts';
import { expect, notApplicable, pass, quote } from '../../verdict.ts';

export const comesFirst: CompatCase = {
  name: 'comes-first',
  group: 'thinking',
  title: 'Thinking stands before text',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  refusable: /thinking/i,
  async run(target) {
    const kinds = (await thinkingMessage(target)).content?.map(({ type }: { type: string }) => type) ?? [];
    if (!kinds.includes('thinking')) return notApplicable('the model did not think');
    expect(
      kinds.lastIndexOf('thinking') < (kinds.indexOf('text') + 1 || Infinity),
      'thinking, then text',
      quote(kinds),
    );
    return pass;
  },
};
