import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { answer, stream, textOf, user } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';

export const streamTextWhole: CompatCase = {
  name: 'stream-text-whole',
  group: 'streaming',
  title: 'No character is broken between two pieces',
  contract: 'messages-api §6',
  evidence: 'recall',
  async run(target) {
    const body = { messages: [user('Repeat after me: żółw 🦊 日本語 🇵🇱 é')], max_tokens: 64, temperature: 0 };
    const record = await stream(target, body);
    expect(!record.brokenText, 'valid UTF-8 throughout', 'bytes that are none');
    if (!textOf(foldStream(record)).includes('\ufffd')) return pass;
    // A model may say it by itself; then it does without streaming as well.
    const whole = textOf(await answer(target, body));
    expect(whole.includes('\ufffd'), 'whole characters, as without streaming', 'replacement characters (U+FFFD)');
    return pass;
  },
};
