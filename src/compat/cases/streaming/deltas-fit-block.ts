import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass } from '../../verdict.ts';
import { events } from '../../wire/read-stream.ts';

const fitting: Readonly<Record<string, RegExp>> = {
  text: /^(text_delta|citations_delta)$/,
  tool_use: /^input_json_delta$/,
  thinking: /^(thinking_delta|signature_delta)$/,
};

export const deltasFitBlock: CompatCase = {
  name: 'deltas-fit-block',
  group: 'streaming',
  title: 'Deltas are of the kind their block takes',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      let block = '';
      for (const { data } of events(record)) {
        if (data?.type === 'content_block_start') block = data.content_block?.type;
        if (data?.type !== 'content_block_delta') continue;
        const delta = String(data.delta?.type);
        expect(fitting[block]?.test(delta) ?? true, `a delta for a ${block} block`, delta);
      }
    }
    return pass;
  },
};
