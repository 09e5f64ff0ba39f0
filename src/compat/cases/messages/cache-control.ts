import type { CompatCase } from '../../compat-case.ts';
import { callAndResult, colourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer, text, user } from '../../vocabulary.ts';

export const cacheControl: CompatCase = {
  name: 'cache-control',
  group: 'messages',
  title: 'cache_control is accepted wherever it may stand',
  contract: 'messages-api §4.4',
  evidence: 'sdk-types',
  async run(target) {
    const cache_control = { type: 'ephemeral' };
    const call = callAndResult({ content: [text('done', { cache_control })], cache_control }, { cache_control });
    await answer(target, {
      cache_control,
      system: [text('Be brief.', { cache_control: { type: 'ephemeral', ttl: '1h' } })],
      tools: [{ ...colourTool, cache_control }],
      messages: [user([text('Pick a colour.', { cache_control })]), ...call],
      max_tokens: 1,
    });
    return pass;
  },
};
