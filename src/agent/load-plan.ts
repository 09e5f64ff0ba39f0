/**
 * On what a model is loaded and how large, given what is known of the machine. Pure. GPUs first where
 * there is a build for them; when the model does not fit there, the processor's memory, and that is
 * said: nothing falls back in silence.
 */

import type { EngineFailure } from '../contract/engine/raw.ts';
import { known, knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { type EnginePlan, fitModel, type ModelSize, plannedBytes } from '../engines/fit.ts';
import { type MemoryBudget, type MemoryDevice, memoryBudget } from '../machine/governor/budget.ts';

export interface LoadWishes {
  readonly cores: number;
  readonly window?: number;
  readonly slots?: number;
  /** Of an engine; otherwise as the cores allow. */
  readonly threads?: number;
  /** The most it may take, whatever is free, and why. */
  readonly most?: { readonly bytes: number; readonly says: string };
}

/** What our own models have taken since the memory was read (negative: given back), bytes. */
export interface TakenSince {
  readonly gpu: number;
  readonly ram: number;
}
const nothingTaken: TakenSince = { gpu: 0, ram: 0 };

/** Where a model may be loaded, and how much there is, at this moment. */
export interface DeviceRoom {
  readonly device: 'gpu' | 'ram';
  readonly bytes: number;
  readonly says: string;
}

/** What Node itself knows of the memory: used where no probe could tell. */
export interface NodeMemory {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export type LoadPlan =
  | {
      readonly ok: true;
      readonly plan: EnginePlan;
      readonly gpu: 'auto' | 'off';
      readonly notes: readonly string[];
      /** Weights and KV cache, and where. */
      readonly bytes: number;
      readonly device: DeviceRoom['device'];
    }
  | { readonly ok: false; readonly failure: EngineFailure };

/** Memory that is left, the best place first. Empty GPUs of unknown size are left to the engine and not among them. */
export function deviceRooms(
  facts: Facts,
  builds: readonly string[],
  node: NodeMemory,
  taken: TakenSince = nothingTaken,
): readonly DeviceRoom[] {
  const gpu = gpuDevice(facts, builds);
  const ram: DeviceRoom = { device: 'ram', ...ramBudget(facts, node, taken) };
  const budget = gpu === null ? null : memoryBudget(facts, gpu, -taken.gpu);
  if (budget === null || !budget.known) return [ram];
  // Unified memory is the processor's too: there is nothing else to try.
  return gpu?.kind === 'apple' ? [{ device: 'gpu', ...budget.value }] : [{ device: 'gpu', ...budget.value }, ram];
}

/** `builds`: back ends the engine has binaries for, such as `['cpu', 'cuda']`. */
export function planLoad(
  model: ModelSize,
  facts: Facts,
  builds: readonly string[],
  node: NodeMemory,
  wishes: LoadWishes,
  taken: TakenSince = nothingTaken,
): LoadPlan {
  const gpu = gpuDevice(facts, builds);
  if (gpu === null) return onProcessor(model, ramBudget(facts, node, taken), wishes, []);
  const budget = memoryBudget(facts, gpu, -taken.gpu);
  // Unknown memory is not guessed: the engine decides by itself, and says what it runs on.
  if (!budget.known) {
    const note = `The memory of the GPU is not known (${budget.detail}); the engine decides how much of the model it takes.`;
    return { ...onProcessor(model, ramBudget(facts, node, taken), wishes, [note]), gpu: 'auto' } as LoadPlan;
  }
  const fit = fitModel(model, { memory: within(budget.value, wishes), ...wishes });
  if (fit.ok) return { ...fit, gpu: 'auto', notes: [], bytes: plannedBytes(model, fit.plan), device: 'gpu' };
  // Unified memory is the processor's too: there is nothing else to try.
  if (gpu.kind === 'apple' || fit.failure.code !== 'memory') return fit;
  const note = `It runs on the processor. On the GPU: ${fit.failure.message}`;
  return onProcessor(model, ramBudget(facts, node, taken), wishes, [note]);
}

function onProcessor(model: ModelSize, memory: MemoryBudget, wishes: LoadWishes, notes: readonly string[]): LoadPlan {
  const fit = fitModel(model, { memory: within(memory, wishes), ...wishes });
  return fit.ok ? { ...fit, gpu: 'off', notes, bytes: plannedBytes(model, fit.plan), device: 'ram' } : fit;
}

function within(memory: MemoryBudget, { most }: LoadWishes): MemoryBudget {
  return most !== undefined && most.bytes < memory.bytes ? most : memory;
}

function ramBudget(facts: Facts, { totalBytes, freeBytes }: NodeMemory, taken: TakenSince): MemoryBudget {
  const budget = memoryBudget(facts, { kind: 'ram' }, -taken.ram);
  if (budget.known) return budget.value;
  const byNode = memoryBudget(
    { 'memory.total_bytes': known(totalBytes, 'node:os'), 'memory.available_bytes': known(freeBytes, 'node:os') },
    { kind: 'ram' },
    -taken.ram,
  );
  return byNode.known ? byNode.value : { bytes: 0, says: 'nothing is known of the memory' };
}

/** The GPUs a build of the engine can use here; null: none. */
function gpuDevice(facts: Facts, builds: readonly string[]): MemoryDevice | null {
  if (builds.includes('metal') && knownValue(facts['apple.chip']) !== undefined) return { kind: 'apple' };
  const gpus = knownValue(facts['gpu.all']) ?? [];
  const usable = gpus.some(
    ({ vendor, unified }) =>
      vendor !== 'virtual' &&
      knownValue(unified) !== true &&
      (builds.includes('vulkan') || (vendor === 'nvidia' && builds.includes('cuda'))),
  );
  return usable ? { kind: 'gpus' } : null;
}
