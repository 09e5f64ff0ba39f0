import { contextWindow } from '../../capabilities.ts';
import type { CompatCase } from '../../compat-case.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { refuse, saidBy, user } from '../../vocabulary.ts';

/** Claude Code reads both numbers and compacts the conversation. */
export const promptTooLong: CompatCase = {
  name: 'prompt-too-long',
  group: 'limits',
  title: 'A prompt over the window is `prompt is too long: N tokens > M maximum`',
  contract: 'messages-api §8.1',
  evidence: 'measured-client',
  needs: 'knownWindow',
  async run(target) {
    const window = (await contextWindow(target)) ?? 0;
    // A letter and a space are a token in every common tokenizer, or more.
    const reply = await refuse(target, { messages: [user('a '.repeat(window + 100))], max_tokens: 1 });
    const message = saidBy(reply);
    if (/prompt is too long: \d+ tokens > \d+ maximum/.test(message)) return pass;
    // Other texts that Claude Code understands.
    const understood =
      /maximum context length|context_length_exceeded|exceeds the (context window|available context size)/;
    expect(understood.test(message), '`prompt is too long: N tokens > M maximum`', quote(message));
    return degraded(`it says: ${message.slice(0, 120)}`);
  },
};
