/**
 * On what a model is loaded and how large, given what is known of the machine. Pure. GPUs first where
 * there is a build for them; when the model does not fit there, the processor's memory, and that is
 * said: nothing falls back in silence.
 */

import type { EngineFailure } from '../contract/engine/raw.ts';
import { known, knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { type EnginePlan, fitModel, type ModelSize } from '../engines/fit.ts';
import { type MemoryBudget, type MemoryDevice, memoryBudget } from '../machine/governor/budget.ts';

export interface LoadWishes {
  readonly cores: number;
  readonly window?: number;
  readonly slots?: number;
}

/** What Node itself knows of the memory: used where no probe could tell. */
export interface NodeMemory {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export type LoadPlan =
  | { readonly ok: true; readonly plan: EnginePlan; readonly gpu: 'auto' | 'off'; readonly notes: readonly string[] }
  | { readonly ok: false; readonly failure: EngineFailure };

/** `builds`: back ends the engine has binaries for, such as `['cpu', 'cuda']`. */
export function planLoad(
  model: ModelSize,
  facts: Facts,
  builds: readonly string[],
  node: NodeMemory,
  wishes: LoadWishes,
): LoadPlan {
  const gpu = gpuDevice(facts, builds);
  if (gpu === null) return onProcessor(model, facts, node, wishes, []);
  const budget = memoryBudget(facts, gpu, 0);
  // Unknown memory is not guessed: the engine decides by itself, and says what it runs on.
  if (!budget.known) {
    const note = `The memory of the GPU is not known (${budget.detail}); the engine decides how much of the model it takes.`;
    return { ...onProcessor(model, facts, node, wishes, [note]), gpu: 'auto' } as LoadPlan;
  }
  const fit = fitModel(model, { memory: budget.value, ...wishes });
  if (fit.ok) return { ...fit, gpu: 'auto', notes: [] };
  // Unified memory is the processor's too: there is nothing else to try.
  if (gpu.kind === 'apple' || fit.failure.code !== 'memory') return fit;
  return onProcessor(model, facts, node, wishes, [`It runs on the processor. On the GPU: ${fit.failure.message}`]);
}

function onProcessor(
  model: ModelSize,
  facts: Facts,
  node: NodeMemory,
  wishes: LoadWishes,
  notes: readonly string[],
): LoadPlan {
  const fit = fitModel(model, { memory: ramBudget(facts, node), ...wishes });
  return fit.ok ? { ...fit, gpu: 'off', notes } : fit;
}

function ramBudget(facts: Facts, { totalBytes, freeBytes }: NodeMemory): MemoryBudget {
  const budget = memoryBudget(facts, { kind: 'ram' }, 0);
  if (budget.known) return budget.value;
  const byNode = memoryBudget(
    { 'memory.total_bytes': known(totalBytes, 'node:os'), 'memory.available_bytes': known(freeBytes, 'node:os') },
    { kind: 'ram' },
    0,
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
