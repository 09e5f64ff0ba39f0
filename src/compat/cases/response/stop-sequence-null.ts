import type { CompatCase } from '../../compat-case.ts';
import { textMessage } from '../../samples.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';

export const stopSequenceNull: CompatCase = {
  name: 'stop-sequence-null',
  group: 'response',
  title: 'Without a stop sequence, stop_sequence is null',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const message = await textMessage(target);
    expect((message.stop_sequence ?? null) === null, 'stop_sequence null', quote(message.stop_sequence));
    if (!('stop_sequence' in message)) return degraded('the field is absent');
    return pass;
  },
};
