import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { events } from '../../wire/read-stream.ts';

export const messageStartShape: CompatCase = {
  name: 'message-start-shape',
  group: 'streaming',
  title: 'message_start carries a whole message without content and without a stop reason',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const message = events(record)[0]?.data?.message;
      expect(typeof message?.id === 'string' && message.id !== '', 'a message with an id', quote(message));
      expect(
        message.type === 'message' && message.role === 'assistant',
        'type message, role assistant',
        quote(message),
      );
      expect(Array.isArray(message.content) && message.content.length === 0, 'content []', quote(message.content));
      expect(message.stop_reason === null, 'stop_reason null', quote(message.stop_reason));
    }
    return pass;
  },
};
