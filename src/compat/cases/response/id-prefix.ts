import type { CompatCase } from '../../compat-case.ts';
import { textMessage } from '../../samples.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';

export const idPrefix: CompatCase = {
  name: 'id-prefix',
  group: 'response',
  title: 'Message ids begin with msg_',
  contract: 'messages-api §5',
  evidence: 'recorded',
  async run(target) {
    const { id } = await textMessage(target);
    expect(typeof id === 'string' && id !== '', 'an id', quote(id));
    if (!id.startsWith('msg_')) return degraded(`an id such as ${quote(id)}`);
    return pass;
  },
};
