import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { count, user } from '../../vocabulary.ts';

/** /context of Claude Code asks that way. */
export const manyAtOnce: CompatCase = {
  name: 'many-at-once',
  group: 'counting',
  title: '24 counts at once are answered',
  contract: 'clients §2',
  evidence: 'measured-client',
  needs: 'counting',
  async run(target) {
    const asked = Array.from({ length: 24 }, (_, at) => count(target, { messages: [user('word '.repeat(at + 1))] }));
    const counts = await Promise.all(asked);
    const grows = counts.every((tokens, at) => at === 0 || tokens >= (counts[at - 1] ?? 0));
    expect(grows, 'counts that grow with the text', quote(counts));
    return pass;
  },
};
