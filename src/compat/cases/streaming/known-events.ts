import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { typeOf } from '../../wire/read-stream.ts';

const known =
  /^(message_start|content_block_start|content_block_delta|content_block_stop|message_delta|message_stop|ping|error)$/;

export const knownEvents: CompatCase = {
  name: 'known-events',
  group: 'streaming',
  title: 'Only events of the documented types are sent',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const odd = record.frames.map(typeOf).find((type) => !known.test(type));
      expect(odd === undefined, 'documented event types', quote(odd));
    }
    return pass;
  },
};
