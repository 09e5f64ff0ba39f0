import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { events, typeOf } from '../../wire/read-stream.ts';

export const usageAtEnd: CompatCase = {
  name: 'usage-at-end',
  group: 'streaming',
  title: 'message_delta carries the number of output tokens, at least one',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const usage = events(record).findLast((frame) => typeOf(frame) === 'message_delta')?.data?.usage;
      expect(Number.isInteger(usage?.output_tokens), 'usage.output_tokens in message_delta', quote(usage));
      expect(usage.output_tokens > 0, 'more than 0 output tokens', quote(usage));
    }
    return pass;
  },
};
