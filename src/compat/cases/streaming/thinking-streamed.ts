import type { CompatCase } from '../../compat-case.ts';
import { thinkingStream } from '../../samples.ts';
import { degraded, expect, notApplicable, pass, quote } from '../../verdict.ts';
import { events, outline } from '../../wire/read-stream.ts';

export const thinkingStreamed: CompatCase = {
  name: 'thinking-streamed',
  group: 'streaming',
  title: 'Thinking comes in thinking deltas, then one signature, before any text',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  refusable: /thinking/i,
  async run(target) {
    const record = await thinkingStream(target);
    const inside = events(record).filter(({ data }) => data?.index === 0);
    if (inside[0]?.data.content_block?.type !== 'thinking') {
      const elsewhere = events(record).some(({ data }) => data?.content_block?.type === 'thinking');
      expect(!elsewhere, 'thinking before everything else', outline(record));
      return notApplicable('the model did not think');
    }
    const kinds = inside.map(({ data }) => data.delta?.type).filter((kind) => kind !== undefined);
    expect(kinds.includes('thinking_delta'), 'thinking deltas', quote(kinds));
    const signatures = kinds.filter((kind) => kind === 'signature_delta').length;
    if (signatures === 0) return degraded('the thinking is not signed');
    expect(signatures === 1 && kinds.at(-1) === 'signature_delta', 'one signature_delta, last', quote(kinds.slice(-3)));
    return pass;
  },
};
