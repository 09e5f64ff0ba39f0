import type { CompatCase } from '../../compat-case.ts';
import { expectStopped, likelyStops, longAnswer } from '../../stop-words.ts';
import { pass } from '../../verdict.ts';
import { streamed } from '../../vocabulary.ts';

export const streamStopSequence: CompatCase = {
  name: 'stream-stop-sequence',
  group: 'streaming',
  title: 'A stream that meets a stop sequence names it and does not show it',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const message = await streamed(target, { ...longAnswer, stop_sequences: likelyStops });
    expectStopped(message);
    return pass;
  },
};
