import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass } from '../../verdict.ts';
import { events } from '../../wire/read-stream.ts';

export const oneBlockAtATime: CompatCase = {
  name: 'one-block-at-a-time',
  group: 'streaming',
  title: 'A block is stopped before the next begins, and deltas belong to the open one',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      let open: unknown = null;
      for (const { data } of events(record)) {
        const { type, index } = data ?? {};
        if (type === 'content_block_start') {
          expect(open === null, `block ${open} stopped before the next starts`, `block ${index} starts`);
          open = index;
        }
        if (type === 'content_block_delta') expect(open === index, `a delta for block ${open}`, `one for ${index}`);
        if (type === 'content_block_stop') open = null;
      }
    }
    return pass;
  },
};
