import type { CompatCase } from '../../compat-case.ts';
import { textMessage } from '../../samples.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { block } from '../../vocabulary.ts';

export const textBlockShape: CompatCase = {
  name: 'text-block-shape',
  group: 'response',
  title: 'A text block has text, and citations only where there are some',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const first = block(await textMessage(target), 'text');
    expect(typeof first.text === 'string', 'text, a string', quote(first));
    const { citations } = first;
    expect((citations ?? null) === null || Array.isArray(citations), 'citations, a list or none', quote(first));
    if (citations === null) return degraded('citations is null, which the Vercel AI SDK refuses in a whole message');
    return pass;
  },
};
