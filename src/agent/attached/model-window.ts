/**
 * The context window of a model at an attached server. What is really loaded counts, never what the model was
 * trained for; where nothing is loaded yet and the server lets us choose, we choose, and always the same.
 */
import type { ChatServer, ListedModel } from '../../contract/engine/chat.ts';

export interface ModelWindow {
  /** Tokens of one request. */
  readonly tokens: number;
  /** `loaded`: allocated now. `chosen`: it will be loaded so. `assumed`: the server does not tell. */
  readonly from: 'loaded' | 'owner' | 'chosen' | 'assumed';
}

/** Claude Code's own prompt is about 20,000 tokens; a model of 7B at 32,768 needs some 2 GB for it. */
const chosenTokens = 32_768;
/** Nearly every server can hold this; the owner may say better (`#window=`). */
const assumedTokens = 8_192;

export function modelWindow(server: ChatServer, model: ListedModel, owner: number | undefined): ModelWindow {
  const { loadedWindow, configuredWindow, trainedWindow } = model;
  const setByRequest = server.dialect.wire === 'ollama';
  if (setByRequest && owner !== undefined) return { tokens: owner, from: 'owner' };
  if (loadedWindow !== null) {
    // The owner may want less than there is; more there is not.
    return owner !== undefined && owner < loadedWindow
      ? { tokens: owner, from: 'owner' }
      : { tokens: loadedWindow, from: 'loaded' };
  }
  if (owner !== undefined)
    return { tokens: Math.min(owner, configuredWindow ?? trainedWindow ?? owner), from: 'owner' };
  if (configuredWindow !== undefined) return { tokens: configuredWindow, from: 'chosen' };
  if (server.dialect.loadSetsWindow) {
    return { tokens: Math.min(chosenTokens, trainedWindow ?? chosenTokens), from: 'chosen' };
  }
  return { tokens: Math.min(assumedTokens, trainedWindow ?? assumedTokens), from: 'assumed' };
}

/** Requests at once, where the server does not tell: what each runs by default. More would wait in its own queue, unseen. */
const usualSlots: Readonly<Record<string, number>> = {
  // OLLAMA_NUM_PARALLEL is 1 by default.
  ollama: 1,
  'lm-studio': 1,
  'mlx-lm': 1,
  tabby: 1,
  'llama-server': 1,
  vllm: 8,
  sglang: 8,
  'vllm-mlx': 2,
  omlx: 2,
  openai: 4,
};

export const modelSlots = (server: ChatServer, model: ListedModel, owner: number | undefined): number =>
  owner ?? model.slots ?? usualSlots[server.kind] ?? 1;
