import type { CompatCase } from '../../compat-case.ts';
import { longSentence } from '../../prompt-size.ts';
import { colourTool } from '../../tools.ts';
import { expect, pass } from '../../verdict.ts';
import { assistant, count, user } from '../../vocabulary.ts';

export const partsCounted: CompatCase = {
  name: 'parts-counted',
  group: 'counting',
  title: 'System prompt, tools and turns count',
  contract: 'messages-api §9',
  evidence: 'sdk-types',
  needs: 'counting',
  async run(target) {
    const bare = await count(target);
    const parts = {
      system: { system: longSentence },
      tools: { tools: [{ ...colourTool, description: longSentence }] },
      messages: { messages: [user('Count from 1 to 9.'), assistant(longSentence), user('Thanks')] },
    };
    for (const [name, fields] of Object.entries(parts)) {
      const tokens = await count(target, fields);
      expect(tokens > bare + 5, `${name} to count on top of ${bare} tokens`, `${tokens}`);
    }
    return pass;
  },
};
