import type { CompatCase } from '../../compat-case.ts';
import { textMessage } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const messageShape: CompatCase = {
  name: 'message-shape',
  group: 'response',
  title: 'An answer is a message of the assistant with content, model, stop reason and usage',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const message = await textMessage(target);
    expect(message.role === 'assistant', 'role assistant', quote(message.role));
    expect(Array.isArray(message.content) && message.content.length > 0, 'content, an array', quote(message.content));
    expect(typeof message.model === 'string' && message.model !== '', 'model, a name', quote(message.model));
    expect(typeof message.usage === 'object' && message.usage !== null, 'usage', quote(message.usage));
    return pass;
  },
};
