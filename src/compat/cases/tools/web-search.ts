import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const webSearch: CompatCase = {
  name: 'web-search',
  group: 'tools',
  title: 'The web search tool is served, answered without searching, or refused by name',
  contract: 'messages-api §4.5',
  evidence: 'measured-client',
  refusable: /web_search|server tool/i,
  async run(target) {
    const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }];
    const message = await answer(target, { tools, tool_choice: { type: 'auto' } });
    expect(typeof message.stop_reason === 'string', 'an answer', quote(message));
    return pass;
  },
};
