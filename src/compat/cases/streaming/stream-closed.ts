import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const streamClosed: CompatCase = {
  name: 'stream-closed',
  group: 'streaming',
  title: 'After message_stop the server ends the response in an orderly way',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const { cut } of await sampleStreams(target)) expect(cut === null, 'the end of the body', quote(cut));
    return pass;
  },
};
