import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { stream, user } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';

export const streamTextWhole: CompatCase = {
  name: 'stream-text-whole',
  group: 'streaming',
  title: 'No character is broken between two pieces',
  contract: 'messages-api §6',
  evidence: 'recall',
  async run(target) {
    const prompt = [user('Repeat after me: żółw 🦊 日本語 🇵🇱 é')];
    const record = await stream(target, { messages: prompt, max_tokens: 64 });
    expect(!record.brokenText, 'valid UTF-8 throughout', 'broken characters (U+FFFD)');
    foldStream(record);
    return pass;
  },
};
