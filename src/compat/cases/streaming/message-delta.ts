import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { events, outline, typeOf } from '../../wire/read-stream.ts';

/** Without it the tool loops of the Vercel AI SDK and opencode stop. */
export const messageDelta: CompatCase = {
  name: 'message-delta',
  group: 'streaming',
  title: 'message_delta tells the stop reason before the end',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const delta = events(record).find((frame) => typeOf(frame) === 'message_delta')?.data?.delta;
      expect(delta !== undefined, 'a message_delta', outline(record));
      expect(typeof delta.stop_reason === 'string', 'delta.stop_reason', quote(delta));
    }
    return pass;
  },
};
