/** A model as far as names are concerned: what is known of all its copies together. */
import type { RequestNeeds } from '../../contract/generation/request-needs.ts';
import { limits } from '../../contract/limits.ts';
import type { MachineModel } from '../../contract/link/messages.ts';

/**
 * How a model stands on the machine where it stands best. `shut`: only machines have it that are kept from new work. `absent`:
 * only those that are lost or have just come back.
 */
export type ModelOutlook = MachineModel['status'] | 'shut' | 'absent';

/** Lower is better. */
export const outlookRank = {
  ready: 0,
  loading: 1,
  available: 2,
  shut: 3,
  failed: 4,
  absent: 5,
} as const satisfies Record<ModelOutlook, number>;

export interface NamedModel {
  readonly id: string;
  /** Of the newest copy, epoch ms. */
  readonly createdAtMs: number;
  readonly outlook: ModelOutlook;
  /** Some copy is in memory and answers at once. */
  readonly warm: boolean;
  /** Until a copy could answer, ms: 0 when warm, null when nothing is on its way to that. */
  readonly readyInMs: number | null;
  /** The largest of its copies, tokens; 0 until it is known. */
  readonly window: number;
  readonly tools: boolean;
  /** Its prompts have so many tokens for each that is guessed from their bytes, as learned. */
  readonly tokensPerEstimate: number;
  /** Can be held to a JSON schema. */
  readonly schemas: boolean;
  readonly vision: boolean;
  /** How good its answers are, by `quality.ts`; null when its size is unknown. Higher is better. */
  readonly quality: number | null;
  /** Weights; null when unknown. */
  readonly parameters: number | null;
  /** What its machines call it, where that is something else. */
  readonly otherNames: readonly string[];
  /** Of its copies, hex. */
  readonly digests: readonly string[];
}

/** The answer's part of the window, by the room rule: `translate/room-rule.ts`. */
const answerRoom = (maxTokens: number, window: number): number =>
  Math.min(maxTokens, limits.answerRoomTokens, Math.floor(window / 8));

/** Whether the model can do what the request needs. What is not loaded says little of itself, and is given the benefit. */
export function satisfies(model: NamedModel, needs: RequestNeeds): boolean {
  const promptTokens = needs.estimatedTokens * model.tokensPerEstimate;
  const fits = model.window === 0 || promptTokens + answerRoom(needs.maxTokens, model.window) <= model.window;
  if (model.outlook !== 'ready') return fits;
  return fits && lackOf(model, needs) === 0;
}

/** How many of the abilities that the request needs the model has not. */
export const lackOf = (model: NamedModel, needs: RequestNeeds): number =>
  Number(needs.tools && !model.tools) + Number(needs.schemas && !model.schemas) + Number(needs.vision && !model.vision);

/** The best first: by quality, then the newest, then the first by id. */
export function byQuality(a: NamedModel, b: NamedModel): number {
  return (
    (b.quality ?? Number.NEGATIVE_INFINITY) - (a.quality ?? Number.NEGATIVE_INFINITY) ||
    b.createdAtMs - a.createdAtMs ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  );
}
