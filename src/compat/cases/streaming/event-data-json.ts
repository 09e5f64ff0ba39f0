import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const eventDataJson: CompatCase = {
  name: 'event-data-json',
  group: 'streaming',
  title: 'The data of every event is a JSON object',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const { frames } of await sampleStreams(target)) {
      const odd = frames.find(({ data }) => typeof data !== 'object' || data === null);
      expect(odd === undefined, 'JSON in every data line', quote(odd?.raw));
    }
    return pass;
  },
};
