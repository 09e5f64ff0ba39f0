import type { CompatCase } from '../../compat-case.ts';
import { thinkingMessage } from '../../samples.ts';
import { degraded, expect, notApplicable, pass, quote } from '../../verdict.ts';
import { blocks } from '../../vocabulary.ts';

export const signed: CompatCase = {
  name: 'signed',
  group: 'thinking',
  title: 'A thinking block has text and a signature',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  refusable: /thinking/i,
  async run(target) {
    const found = blocks(await thinkingMessage(target), 'thinking')[0];
    if (found === undefined) return notApplicable('the model did not think');
    expect(typeof found.thinking === 'string' && found.thinking !== '', 'thinking, a text', quote(found));
    expect(typeof found.signature === 'string', 'signature, a text', quote(found));
    return found.signature === '' ? degraded('the signature is empty') : pass;
  },
};
