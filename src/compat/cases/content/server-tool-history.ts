import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, text, user } from '../../vocabulary.ts';

export const serverToolHistory: CompatCase = {
  name: 'server-tool-history',
  group: 'content',
  title: 'Blocks of server tools in the history are accepted',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    const id = 'srvtoolu_01compat';
    const found = { type: 'web_search_result', url: 'https://example.com', title: 'Example', encrypted_content: 'x' };
    const turn = assistant([
      { type: 'server_tool_use', id, name: 'web_search', input: { query: 'example' } },
      { type: 'web_search_tool_result', tool_use_id: id, content: [found] },
      text('I found an example.'),
    ]);
    await answer(target, { messages: [user('Search.'), turn, user('Thanks')], max_tokens: 1 });
    return pass;
  },
};
