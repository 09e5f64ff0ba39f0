/**
 * How many bytes an engine may take on this machine now. Pure.
 *
 * A budget is what is really available at this moment, plus what our own engines already hold there,
 * minus a fixed reserve for the owner. It is never a percentage of what is free: a share of little is
 * too much, and a share of much is waste.
 */
import { type Fact, known, knownValue, unknown } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { gpuReserve, ramReserve } from '../../landmines/index.ts';

const gibibyte = 1024 ** 3;

/** Where an engine's weights and KV cache live. */
export type MemoryDevice = { readonly kind: 'ram' } | { readonly kind: 'gpus' } | { readonly kind: 'apple' };

export interface MemoryBudget {
  readonly bytes: number;
  /** The sum in words, with its numbers: shown when a load is refused. */
  readonly says: string;
}

/**
 * The budget on one device.
 * @param ownBytes resident bytes of our own engines there: already counted as used, but ours to spend
 */
export function memoryBudget(facts: Facts, device: MemoryDevice, ownBytes: number): Fact<MemoryBudget> {
  if (device.kind === 'apple') return appleBudget(facts, ownBytes);
  if (device.kind === 'gpus') return gpuBudget(facts, ownBytes);
  return ramBudget(facts, ownBytes);
}

/** RAM: what can be had without swapping, and never more than the container's limit leaves. */
function ramBudget(facts: Facts, ownBytes: number): Fact<MemoryBudget> {
  const available = facts['memory.available_bytes'];
  const total = facts['memory.total_bytes'];
  if (!available?.known) return missing('memory.available_bytes', available);
  const left = leftInContainer(facts);
  const usable = Math.min(available.value, left ?? Number.POSITIVE_INFINITY) + ownBytes;
  const reserve = ramReserve(knownValue(total) ?? available.value);
  const where = left !== undefined && left < available.value ? 'left under the container limit' : 'available';
  return budget(usable, ownBytes, reserve, where, available.source);
}

function leftInContainer(facts: Facts): number | undefined {
  const limit = knownValue(facts['memory.limit_bytes']);
  if (limit === undefined) return undefined;
  return Math.max(0, limit - (knownValue(facts['memory.limit_used_bytes']) ?? 0));
}

/**
 * Unified memory: Metal refuses what is over its working-set limit, and macOS suffers long before
 * that limit when other programs hold the memory. The lower of both counts, less 2 GiB.
 */
function appleBudget(facts: Facts, ownBytes: number): Fact<MemoryBudget> {
  const workingSet = facts['apple.working_set_bytes'];
  const available = facts['memory.available_bytes'];
  if (!available?.known) return missing('memory.available_bytes', available);
  if (!workingSet?.known) return missing('apple.working_set_bytes', workingSet);
  const reachable = available.value + ownBytes;
  const reserve = 2 * gibibyte;
  if (workingSet.value >= reachable) return budget(reachable, ownBytes, reserve, 'available', available.source);
  return known(
    {
      bytes: Math.max(0, workingSet.value - reserve),
      says: `${size(workingSet.value)} that Metal may use at once, less ${size(reserve)} kept for macOS`,
    },
    workingSet.source,
  );
}

/** All usable GPUs together: llama.cpp spreads a model's layers over those it sees. */
function gpuBudget(facts: Facts, ownBytes: number): Fact<MemoryBudget> {
  const gpus = facts['gpu.all'];
  if (!gpus?.known) return missing('gpu.all', gpus);
  const usable = gpus.value.filter((gpu) => gpu.vendor !== 'virtual' && knownValue(gpu.unified) !== true);
  if (usable.length === 0) return unknown('absent', 'no GPU with memory of its own', gpus.source);
  let free = 0;
  let reserve = 0;
  for (const gpu of usable) {
    if (gpu.mig_enabled !== undefined && knownValue(gpu.mig_enabled) === true) continue;
    if (!gpu.vram_free_bytes.known) return missing(`free memory of GPU ${gpu.index}`, gpu.vram_free_bytes);
    free += gpu.vram_free_bytes.value;
    reserve += Math.min(gpuReserve(facts, gpu), gpu.vram_free_bytes.value);
  }
  return budget(
    free + ownBytes,
    ownBytes,
    reserve,
    `free on ${usable.length} GPU${usable.length > 1 ? 's' : ''}`,
    gpus.source,
  );
}

function budget(usable: number, ownBytes: number, reserve: number, where: string, source: string): Fact<MemoryBudget> {
  const own = ownBytes > 0 ? ` with ${size(ownBytes)} of our own` : '';
  const says = `${size(usable)} ${where}${own}, less ${size(reserve)} kept for the owner`;
  return known({ bytes: Math.max(0, usable - reserve), says }, source);
}

function missing(name: string, fact: Fact<unknown> | undefined): Fact<MemoryBudget> {
  if (fact === undefined || fact.known) return unknown('not-probed', `${name} was not read`);
  return unknown(fact.reason, `${name}: ${fact.detail}`, fact.source);
}

/** Bytes as people read them, in decimal gigabytes. */
export function size(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1)} GB`;
}
