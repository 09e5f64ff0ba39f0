/**
 * TabbyAPI (theroyallab/tabbyAPI, endpoints/core and its wiki): signs its models `tabbyAPI`, tells window and
 * batch size in `/v1/model` for the one that is loaded, and wants a key for everything.
 */
import { countAt, flagAt, isObject, textAt } from '../json.ts';
import { body, openAiDialect, type ServerKind } from '../server-kind.ts';
import { isOwner, openAiModel, openAiModels } from './openai-list.ts';

export const tabby: ServerKind = {
  id: 'tabby',
  title: 'TabbyAPI',
  ports: [5000],
  dialect: {
    ...openAiDialect,
    thinkingSwitch: 'template-kwargs',
    reasoningBack: 'reasoning_content',
    toolChoice: 'ignored',
    topK: true,
    wholeCalls: true,
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  identify: async (get) => ((await isOwner(get, 'tabbyAPI')) ? '' : null),
  async list(get) {
    if ((await openAiModels(get)) === null) return null;
    // Others that are listed could only be loaded with the admin key.
    const model = await body(get, '/v1/model');
    if (!isObject(model) || textAt(model, 'id') === null) return [];
    return [
      {
        ...openAiModel(model),
        loadedWindow: countAt(model, 'parameters', 'max_seq_len'),
        slots: countAt(model, 'parameters', 'max_batch_size'),
        vision: flagAt(model, 'parameters', 'use_vision'),
      },
    ];
  },
};
