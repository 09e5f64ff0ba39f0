/**
 * What memory is left for our own models, between two readings of the machine. A reading already shows what our
 * models took by then; what they took or gave back since is added here.
 */
import { freemem, totalmem } from 'node:os';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { tinyModelBytes } from '../engines/embedded/batch-threads.ts';
import { installedBuilds } from '../engines/embedded/installed-builds.ts';
import type { ModelSize } from '../engines/fit.ts';
import { checkAll, effectsOf } from '../landmines/index.ts';
import {
  type DeviceRoom,
  deviceRooms,
  type LoadPlan,
  type LoadWishes,
  planLoad,
  type TakenSince,
} from './load-plan.ts';

/** What one of our models takes. */
export interface Held {
  readonly device: DeviceRoom['device'];
  /** Weights and KV cache. */
  readonly bytes: number;
  readonly weightBytes: number;
}

interface Reading {
  readonly facts: Facts;
  /** Builds of the engine that nothing known of the machine speaks against. */
  readonly builds: readonly string[];
  /** What of our models the reading shows as used. */
  readonly shown: TakenSince;
}

export class OwnMemory {
  #reading: Reading | undefined;

  get isRead(): boolean {
    return this.#reading !== undefined;
  }

  /** A reading of the machine, and what our models held when it was made. Not while one loads: it would show half of it. */
  read(facts: Facts, held: readonly Held[]): void {
    this.#reading = { facts, builds: usableBuilds(facts), shown: sum(held, (each) => shownBytes(facts, each)) };
  }

  /** What is left where, the best place first, while our models hold this. */
  rooms(held: readonly Held[]): readonly DeviceRoom[] {
    const { facts, builds } = this.#known;
    return deviceRooms(facts, builds, nodeMemory(), this.#takenSince(held));
  }

  /** Where a model goes and how large, while our other models hold this. */
  plan(model: ModelSize, wishes: LoadWishes, held: readonly Held[]): LoadPlan {
    const { facts, builds } = this.#known;
    return planLoad(model, facts, builds, nodeMemory(), wishes, this.#takenSince(held));
  }

  get #known(): Reading {
    return this.#reading ?? { facts: {}, builds: usableBuilds({}), shown: { gpu: 0, ram: 0 } };
  }

  /** What is held now beyond what the reading shows. */
  #takenSince(held: readonly Held[]): TakenSince {
    const now = sum(held, ({ bytes }) => bytes);
    const { shown } = this.#known;
    return { gpu: now.gpu - shown.gpu, ram: now.ram - shown.ram };
  }
}

const nodeMemory = () => ({ totalBytes: totalmem(), freeBytes: freemem() });

/** Builds that nothing known of the machine speaks against. */
export function usableBuilds(facts: Facts, installed = installedBuilds()): readonly string[] {
  const { barredBackends } = effectsOf(checkAll(facts));
  return installed.filter((build) => !Object.hasOwn(barredBackends, build));
}

/** Linux calls memory available that holds pages of a mapped file, also while somebody uses them all the time. */
function shownBytes(facts: Facts, { device, bytes, weightBytes }: Held): number {
  const isMapped = device === 'ram' && weightBytes >= tinyModelBytes && knownValue(facts['os.family']) === 'linux';
  return isMapped ? bytes - weightBytes : bytes;
}

function sum(held: readonly Held[], bytesOf: (held: Held) => number): TakenSince {
  const total = { gpu: 0, ram: 0 };
  for (const each of held) total[each.device] += bytesOf(each);
  return total;
}
