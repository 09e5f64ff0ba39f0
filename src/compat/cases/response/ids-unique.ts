import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, streamed } from '../../vocabulary.ts';

/** Claude Code merges turns that share one, which corrupts the conversation. */
export const idsUnique: CompatCase = {
  name: 'ids-unique',
  group: 'response',
  title: 'Every answer has an id of its own, streamed or not',
  contract: 'messages-api §5',
  evidence: 'measured-client',
  async run(target) {
    const body = { max_tokens: 1 };
    const messages = [await answer(target, body), await answer(target, body), await streamed(target, body)];
    const ids = messages.map(({ id }) => id);
    expect(new Set(ids).size === ids.length && !ids.includes(undefined), 'different ids', quote(ids));
    return pass;
  },
};
