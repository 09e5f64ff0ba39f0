import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { events, outline, typeOf } from '../../wire/read-stream.ts';

export const indexesDense: CompatCase = {
  name: 'indexes-dense',
  group: 'streaming',
  title: 'Blocks are numbered 0, 1, 2, ...',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const starts = events(record).filter((frame) => typeOf(frame) === 'content_block_start');
      const indexes = starts.map(({ data }) => data.index);
      expect(indexes.length > 0, 'at least one block', outline(record));
      expect(
        indexes.every((index, at) => index === at),
        'indexes from 0 without a gap',
        quote(indexes),
      );
    }
    return pass;
  },
};
