import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const pingsShaped: CompatCase = {
  name: 'pings-shaped',
  group: 'streaming',
  title: 'A ping, where there is one, is {type: ping}',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const { frames } of await sampleStreams(target)) {
      const odd = frames.find((frame) => frame.event === 'ping' && frame.data?.type !== 'ping');
      expect(odd === undefined, '{"type": "ping"}', quote(odd?.raw));
    }
    return pass;
  },
};
