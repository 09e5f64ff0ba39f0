import type { CompatCase } from '../../compat-case.ts';
import { textStream } from '../../samples.ts';
import { degraded, expect, pass } from '../../verdict.ts';
import { foldStream } from '../../wire/fold-stream.ts';
import { events, outline } from '../../wire/read-stream.ts';

export const arrivesInPieces: CompatCase = {
  name: 'arrives-in-pieces',
  group: 'streaming',
  title: 'Text comes as it is made, in more than one delta',
  contract: 'messages-api §6',
  evidence: 'recall',
  async run(target) {
    const record = await textStream(target);
    const pieces = events(record).filter(({ data }) => data?.delta?.type === 'text_delta').length;
    const tokens = foldStream(record).usage?.output_tokens;
    expect(pieces > 0, 'text deltas', outline(record));
    if (tokens >= 10 && pieces === 1) return degraded(`${tokens} tokens came in one piece`);
    return pass;
  },
};
