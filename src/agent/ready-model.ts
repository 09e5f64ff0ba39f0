/**
 * The seam between tickets and whatever generates. A model of the raw tier (an engine child of ours) and one of an
 * attached server are both a `ReadyModel`; where models come from is a `ModelSource`. Nothing else of the agent
 * knows tiers.
 */
import type { Hold } from '../contract/engine/raw.ts';
import type { ApiError } from '../contract/errors.ts';
import type { GenerationEvent } from '../contract/generation/events.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import type { DeclineReason, MachineModel, ModelWish } from '../contract/link/messages.ts';

/** A model that can serve now. One object from when it became ready until it is gone: its slots are counted by it. */
export interface ReadyModel {
  /** Requests at once. */
  readonly slots: number;
  /** Counts the prompt and makes room for the answer. Rejects when it is aborted. */
  prepare(request: GenerationRequest, signal: AbortSignal): Promise<PrepareResult>;
  /** Tokens of the prompt, whether it fits or not. */
  count(request: GenerationRequest, signal: AbortSignal): Promise<CountResult>;
}

export type PrepareResult =
  | { readonly ok: true; readonly answer: PreparedAnswer }
  | { readonly ok: false; readonly reason: DeclineReason };

/** A request that fits, and is not yet being worked on. */
export interface PreparedAnswer {
  readonly promptTokens: number;
  /** Tokens of one request. */
  readonly window: number;
  /** After the room rule. */
  readonly maxTokens: number;
  /**
   * Batches of events, the last one ending in a terminal event; nothing more once aborted, and then it ends when
   * the work has stopped.
   */
  generate(use: SlotUse, signal: AbortSignal): AsyncIterable<readonly GenerationEvent[]>;
}

/** Whose work it is, for the engine's slots. */
export interface SlotUse {
  /** KV is shared only within one, where the engine can keep scopes apart. */
  readonly scope: string;
  /** One conversation of that scope. */
  readonly lineage?: string;
  /** What the slot holds when the work is over, prompt and answer: told before the terminal event, by engines that know. */
  onHeld?(held: { readonly slot: number; readonly tokens: number }): void;
  /** The slot it began on: what that held before is gone. */
  onSlot?(slot: number): void;
  /** Engines of ours stand still for it; attached servers cannot be made to. */
  readonly hold?: Hold;
}

export type CountResult = { readonly tokens: number } | { readonly error: ApiError };

export type LoadAnswer =
  /** It is ready, or on its way: reports tell. */
  { readonly ok: true } | { readonly ok: false; readonly message: string; readonly retryAfterMs?: number };

/** Where models come from: a model file, or the servers that are attached. */
export interface ModelSource {
  start(): void;
  /** What the gateway is told. `busySlots`: slots of a ready model that hold a ticket. */
  describe(busySlots: (model: ReadyModel) => number): readonly MachineModel[];
  /** The model when it can serve now. */
  find(id: string): ReadyModel | undefined;
  /** Counts for a model that is not loaded; undefined: it has none of that name, or cannot. */
  count(id: string, request: GenerationRequest, signal: AbortSignal): Promise<CountResult> | undefined;
  /** Takes no new tickets for the model, as it is unloaded for another one once it is idle. */
  givesWay(id: string): boolean;
  /** Makes a model ready, or says why not now; undefined: it has none of that name. */
  load(id: string): LoadAnswer | undefined;
  /** What the owner wants of a model: why that cannot be, as a sentence, null when it is done or begun; undefined: it has none. */
  wish(id: string, wish: ModelWish): string | null | undefined;
  /** The gateway counts on this copy: it is unloaded for no other model. Sources that own no memory do nothing. */
  keep(id: string, isKept: boolean): void;
  /** No gateway counts on any copy. */
  keepNone(): void;
  /** Why a model of this source cannot serve, as a sentence; undefined: it has none of that name. */
  unavailableBecause(id: string): string | undefined;
  /** Gives memory back: nothing stays loaded, whatever it is doing, until `wake`. */
  rest(because: string): void;
  wake(): void;
  /** The crash that ended this model does not count: the request was at fault. */
  forgiveCrash(model: ReadyModel): void;
  close(): Promise<void>;
}
