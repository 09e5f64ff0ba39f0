import type { CompatCase } from '../../compat-case.ts';
import { promptTokensOf } from '../../prompt-size.ts';
import { textMessage, textStream } from '../../samples.ts';
import { expect, pass } from '../../verdict.ts';
import { foldStream } from '../../wire/fold-stream.ts';

export const streamSamePrompt: CompatCase = {
  name: 'stream-same-prompt',
  group: 'streaming',
  title: 'A prompt has the same size streamed and not',
  contract: 'messages-api §6',
  evidence: 'sdk-types',
  async run(target) {
    const [whole, record] = [await textMessage(target), await textStream(target)];
    const [one, other] = [promptTokensOf(whole), promptTokensOf(foldStream(record))];
    expect(one === other, `${one} prompt tokens, as without streaming`, `${other}`);
    return pass;
  },
};
