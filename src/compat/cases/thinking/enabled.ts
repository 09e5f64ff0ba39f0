import type { CompatCase } from '../../compat-case.ts';
import { thinkingMessage } from '../../samples.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { blocks } from '../../vocabulary.ts';

export const enabled: CompatCase = {
  name: 'enabled',
  group: 'thinking',
  title: 'thinking {type: enabled} is answered with a thinking block',
  contract: 'messages-api §4.6',
  evidence: 'sdk-types',
  refusable: /thinking/i,
  async run(target) {
    const message = await thinkingMessage(target);
    expect(message.content?.length > 0, 'an answer', quote(message));
    if (blocks(message, 'thinking').length === 0) return degraded('answered without thinking');
    return pass;
  },
};
