/** Any other server with OpenAI's `/v1/models` and chat completions: LiteLLM, a llama-swap, mistral.rs, a vendor's gateway. */
import { openAiDialect, type ServerKind } from '../server-kind.ts';
import { listOpenAi, openAiModels } from './openai-list.ts';

export const openAi: ServerKind = {
  id: 'openai',
  title: 'OpenAI-compatible server',
  // Never guessed from a port: only where its address is given.
  ports: [],
  dialect: openAiDialect,
  chatPath: '/v1/chat/completions',
  form: 'sse',
  identify: async (get) => ((await openAiModels(get)) === null ? null : ''),
  list: listOpenAi,
};
