import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass } from '../../verdict.ts';
import { events, outline, typeOf } from '../../wire/read-stream.ts';

export const messageStartFirst: CompatCase = {
  name: 'message-start-first',
  group: 'streaming',
  title: 'A stream begins with message_start',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      expect(outline(record).startsWith('message_start'), 'message_start first', outline(record));
      const starts = events(record).filter((frame) => typeOf(frame) === 'message_start').length;
      expect(starts === 1, 'one message_start', `${starts} of them`);
    }
    return pass;
  },
};
