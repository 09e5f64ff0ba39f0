/**
 * Servers of Apple's MLX. mlx_lm.server (ml-explore/mlx-lm, mlx_lm/server.py): takes no notice of
 * `tool_choice` and `response_format`, gives 512 tokens where none are asked for, writes reasoning to
 * `reasoning` and a whole tool call in one delta, and tells in comments how far it has read the prompt.
 * vllm-mlx and oMLX are of the shape of vLLM and sign their models by their own names.
 */
import { textAt } from '../json.ts';
import { body, openAiDialect, type ServerKind } from '../server-kind.ts';
import { isOwner, listOpenAi, openAiModels } from './openai-list.ts';

export const mlxLm: ServerKind = {
  id: 'mlx-lm',
  title: 'mlx_lm.server',
  ports: [8080],
  dialect: {
    ...openAiDialect,
    thinkingSwitch: 'template-kwargs',
    reasoningBack: 'reasoning_content',
    toolChoice: 'ignored',
    parallelFlag: false,
    jsonSchema: 'none',
    topK: true,
    prefillProgress: true,
    wholeCalls: true,
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  async identify(get) {
    if (textAt(await body(get, '/health'), 'status') !== 'ok') return null;
    const models = await openAiModels(get);
    // It signs its models by nobody; each stands for a folder of the Hugging Face cache.
    const own = models?.every((model) => model.owned_by === undefined && model.object === 'model');
    return own === true ? '' : null;
  },
  list: listOpenAi,
};

export const vllmMlx: ServerKind = {
  id: 'vllm-mlx',
  title: 'vllm-mlx',
  ports: [8000],
  dialect: {
    ...openAiDialect,
    reasoningBack: 'reasoning',
    toolChoice: 'ignored',
    jsonSchema: 'none',
    topK: true,
    wholeCalls: true,
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  identify: async (get) => ((await isOwner(get, 'vllm-mlx')) ? '' : null),
  list: listOpenAi,
};

export const omlx: ServerKind = {
  id: 'omlx',
  title: 'oMLX',
  ports: [8000],
  dialect: {
    ...openAiDialect,
    thinkingSwitch: 'template-kwargs',
    reasoningBack: 'reasoning_content',
    toolChoice: 'ignored',
    jsonSchema: 'none',
    topK: true,
    wholeCalls: true,
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  identify: async (get) => ((await isOwner(get, 'omlx')) ? '' : null),
  list: listOpenAi,
};
