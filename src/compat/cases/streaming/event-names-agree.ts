import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const eventNamesAgree: CompatCase = {
  name: 'event-names-agree',
  group: 'streaming',
  title: 'The `event:` line and the type inside `data:` are the same word',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const { frames } of await sampleStreams(target)) {
      const odd = frames.find(({ event, data }) => event !== undefined && event !== data?.type);
      expect(odd === undefined, 'one type in both lines', quote(odd?.raw));
    }
    return pass;
  },
};
