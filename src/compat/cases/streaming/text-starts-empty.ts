import type { CompatCase } from '../../compat-case.ts';
import { textStream } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { events, outline } from '../../wire/read-stream.ts';

export const textStartsEmpty: CompatCase = {
  name: 'text-starts-empty',
  group: 'streaming',
  title: 'A text block starts with an empty text; words come as deltas',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    const start = events(await textStream(target)).find(({ data }) => data?.content_block?.type === 'text');
    expect(start !== undefined, 'a text block', outline(await textStream(target)));
    expect(start.data.content_block.text === '', 'text ""', quote(start.data.content_block));
    return pass;
  },
};
