/** SGLang (entrypoints/http_server.py, entrypoints/openai/protocol.py): signs its models `sglang`; window in `max_model_len`. */
import { textAt } from '../json.ts';
import { body, openAiDialect, type ServerKind } from '../server-kind.ts';
import { isOwner, listOpenAi } from './openai-list.ts';

export const sglang: ServerKind = {
  id: 'sglang',
  title: 'SGLang',
  ports: [30_000],
  dialect: {
    ...openAiDialect,
    thinkingSwitch: 'template-kwargs',
    reasoningBack: 'reasoning_content',
    topK: true,
    wholeCalls: true,
    // Only with `--enable-cache-report`; the usage says when it is there.
    cacheUsage: true,
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  async identify(get) {
    if (!(await isOwner(get, 'sglang'))) return null;
    return textAt(await body(get, '/get_server_info'), 'version') ?? '';
  },
  list: listOpenAi,
};
