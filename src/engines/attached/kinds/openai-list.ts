/** Servers whose models stand in OpenAI's `/v1/models`, and what each of them adds there. */
import type { JsonObject, ListedModel } from '../../../contract/engine/chat.ts';
import { countAt, listAt, textAt } from '../json.ts';
import { body, type Get } from '../server-kind.ts';

/** The list, or null where there is none. */
export const openAiModels = async (get: Get): Promise<readonly JsonObject[] | null> =>
  listAt(await body(get, '/v1/models'), 'data')?.filter(isModel) ?? null;

/** Anthropic's list looks alike, and a gateway of ours has that one: attached to itself it would ask itself for ever. */
const isModel = ({ id, object }: JsonObject): boolean => typeof id === 'string' && object === 'model';

/** Whether the first model is owned by this name: how vLLM, SGLang and their kin sign their lists. */
export const isOwner = async (get: Get, owner: string): Promise<boolean> =>
  (await openAiModels(get))?.[0]?.owned_by === owner;

/** A model that is served as long as it is listed; its window in `max_model_len` where a server tells it. */
export function openAiModel(model: JsonObject): ListedModel {
  const id = textAt(model, 'id') ?? '';
  return {
    name: id,
    displayName: id,
    digest: null,
    // Most write the time of asking there.
    createdAtMs: 0,
    state: 'loaded',
    loadedWindow: countAt(model, 'max_model_len'),
    trainedWindow: null,
    slots: null,
    tools: null,
    thinking: null,
    vision: null,
  };
}

export const listOpenAi = async (get: Get): Promise<readonly ListedModel[] | null> =>
  (await openAiModels(get))?.map(openAiModel) ?? null;
