import type { CompatCase } from '../../compat-case.ts';
import { longSentence, promptTokensOf } from '../../prompt-size.ts';
import { colourTool } from '../../tools.ts';
import { degraded, expect, pass } from '../../verdict.ts';
import { answer, count } from '../../vocabulary.ts';

export const equalsUsage: CompatCase = {
  name: 'equals-usage',
  group: 'counting',
  title: 'The count is what the request is charged',
  contract: 'messages-api §9',
  evidence: 'recall',
  needs: 'counting',
  async run(target) {
    const asked = { system: longSentence, tools: [colourTool] };
    const promised = await count(target, asked);
    const charged = promptTokensOf(await answer(target, { ...asked, max_tokens: 1 }));
    const apart = Math.abs(promised - charged);
    expect(apart <= charged / 10, `about ${charged} tokens, as charged`, `${promised}`);
    return apart === 0 ? pass : degraded(`${promised} counted, ${charged} charged`);
  },
};
