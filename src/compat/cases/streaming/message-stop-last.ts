import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass } from '../../verdict.ts';
import { events, outline, typeOf } from '../../wire/read-stream.ts';

/** The SDKs throw without it. */
export const messageStopLast: CompatCase = {
  name: 'message-stop-last',
  group: 'streaming',
  title: 'message_stop comes last, once',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const types = events(record).map(typeOf);
      expect(types.at(-1) === 'message_stop', 'message_stop at the end', outline(record));
      const stops = types.filter((type) => type === 'message_stop').length;
      expect(stops === 1, 'one message_stop', `${stops} of them`);
    }
    return pass;
  },
};
