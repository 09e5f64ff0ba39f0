import type { CompatCase } from '../../compat-case.ts';
import { textStream } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const streamContentType: CompatCase = {
  name: 'stream-content-type',
  group: 'streaming',
  title: 'A stream says it is text/event-stream',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    const { headers } = await textStream(target);
    const seen = headers.get('content-type');
    expect(seen?.startsWith('text/event-stream'), 'content-type text/event-stream', quote(seen));
    return pass;
  },
};
