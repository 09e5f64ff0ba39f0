import type { CompatCase } from '../../compat-case.ts';
import { promptTokensOf } from '../../prompt-size.ts';
import { sampleStreams } from '../../samples.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { foldStream } from '../../wire/fold-stream.ts';
import { events } from '../../wire/read-stream.ts';

/** The SDKs throw without it; the Vercel AI SDK refuses the stream. */
export const usageAtStart: CompatCase = {
  name: 'usage-at-start',
  group: 'streaming',
  title: 'message_start carries usage: the true prompt size is known there',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const usage = events(record)[0]?.data?.message?.usage;
      expect(Number.isInteger(usage?.input_tokens), 'usage.input_tokens in message_start', quote(usage));
      expect(Number.isInteger(usage.output_tokens), 'usage.output_tokens in message_start', quote(usage));
      const final = foldStream(record).usage;
      const [start, end] = [promptTokensOf({ usage }), promptTokensOf({ usage: final })];
      if (start !== end) return degraded(`message_start says ${start} prompt tokens, message_delta ${end}`);
    }
    return pass;
  },
};
