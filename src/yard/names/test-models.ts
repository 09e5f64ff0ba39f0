/** For tests: models by their names alone. */
import type { NamedModel } from './named-model.ts';
import { weigh } from './quality.ts';

/** Loaded, able and roomy, unless `change` says otherwise. */
export function namedModel(id: string, change: Partial<NamedModel> = {}): NamedModel {
  return {
    id,
    createdAtMs: 0,
    outlook: 'ready',
    warm: true,
    readyInMs: 0,
    window: 32_768,
    tools: true,
    tokensPerEstimate: 1,
    schemas: true,
    vision: false,
    otherNames: [],
    digests: [],
    ...weigh(id),
    ...change,
  };
}
