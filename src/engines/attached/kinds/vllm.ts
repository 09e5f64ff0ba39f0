/**
 * vLLM (docs/serving, entrypoints/openai and entrypoints/serve/tokenize/protocol.py). Signs its models `vllm`, tells
 * the window in `max_model_len`, counts with `/tokenize`. Without `--enable-auto-tool-choice` it refuses tools.
 */
import { countAt, textAt } from '../json.ts';
import { body, openAiDialect, type ServerKind } from '../server-kind.ts';
import { isOwner, listOpenAi } from './openai-list.ts';

export const vllm: ServerKind = {
  id: 'vllm',
  title: 'vLLM',
  ports: [8000],
  dialect: {
    ...openAiDialect,
    thinkingSwitch: 'template-kwargs',
    reasoningBack: 'reasoning',
    topK: true,
    // Some of its tool parsers hold a call back until it is whole.
    wholeCalls: true,
    scopeField: 'cache_salt',
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  identify: async (get) =>
    (await isOwner(get, 'vllm')) ? (textAt(await body(get, '/version'), 'version') ?? '') : null,
  list: listOpenAi,
  async count({ model, messages, tools, chat_template_kwargs }, post) {
    const answer = await post(
      '/tokenize',
      {
        model,
        messages,
        add_generation_prompt: true,
        ...(tools === undefined ? {} : { tools }),
        ...(chat_template_kwargs === undefined ? {} : { chat_template_kwargs }),
      },
      3_000,
    );
    return answer?.status === 200 ? countAt(answer.json, 'count') : null;
  },
};
