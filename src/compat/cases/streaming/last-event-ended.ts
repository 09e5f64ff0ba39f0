import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

/** The decoder of the SDKs loses one that is not. */
export const lastEventEnded: CompatCase = {
  name: 'last-event-ended',
  group: 'streaming',
  title: 'The last event is ended by an empty line',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const { rest } of await sampleStreams(target)) {
      expect(rest.trim() === '', 'nothing after the last empty line', quote(rest));
    }
    return pass;
  },
};
