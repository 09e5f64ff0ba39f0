import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Claude Code repeats a failed turn that way. */
export const streamFalse: CompatCase = {
  name: 'stream-false',
  group: 'messages',
  title: 'stream: false gives one JSON message',
  contract: 'messages-api §4.1',
  evidence: 'measured-client',
  async run(target) {
    const message = await answer(target, { stream: false });
    expect(Array.isArray(message.content), 'a message', quote(message));
    return pass;
  },
};
