import type { CompatCase } from '../../compat-case.ts';
import { longAnswer } from '../../stop-words.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { stream } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';

export const streamMaxTokens: CompatCase = {
  name: 'stream-max-tokens',
  group: 'streaming',
  title: 'A stream that reaches max_tokens says so',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const record = await stream(target, { ...longAnswer, max_tokens: 3 });
    const { stop_reason } = foldStream(record);
    expect(stop_reason === 'max_tokens', 'stop_reason max_tokens', quote(stop_reason));
    return pass;
  },
};
