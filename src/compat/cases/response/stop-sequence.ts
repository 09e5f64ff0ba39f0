import type { CompatCase } from '../../compat-case.ts';
import { expectStopped, likelyStops, longAnswer } from '../../stop-words.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const stopSequence: CompatCase = {
  name: 'stop-sequence',
  group: 'response',
  title: 'A stop sequence ends the answer, is named, and is not shown',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  async run(target) {
    expectStopped(await answer(target, { ...longAnswer, stop_sequences: likelyStops }));
    return pass;
  },
};
