import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

/** Without it the SDKs see no event at all, and Claude Code asks every turn again without streaming. */
export const eventLines: CompatCase = {
  name: 'event-lines',
  group: 'streaming',
  title: 'Every event has an `event:` line',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    for (const { frames } of await sampleStreams(target)) {
      const without = frames.find(({ event }) => event === undefined);
      expect(without === undefined, 'an event line in every event', quote(without?.raw));
    }
    return pass;
  },
};
