/**
 * A simulated machine with an engine as llama.cpp's is. Each slot holds one prompt and its answer; a new prompt reads
 * what its slot does not hold. Prompts that are read at the same time share the machine evenly; answers are written side
 * by side, each at its own pace, which is how far a batch of a few goes.
 */
import { chooseSlot } from '../../contract/engine/slot-choice.ts';
import type { Timeline } from '../timeline.ts';
import type { Hardware } from './fleet.ts';
import type { Block } from './workloads.ts';

export interface Job {
  readonly scope: string;
  readonly lineage: string;
  readonly blocks: readonly Block[];
  readonly answer: Block;
  /** The prompt is read: the first token follows. */
  onFirst(told: { readonly slot: number; readonly cachedTokens: number; readonly promptTokens: number }): void;
  onEnd(told: { readonly slot: number; readonly heldTokens: number }): void;
}

interface Slot {
  scope: string | undefined;
  lineage: string | undefined;
  held: readonly Block[];
  heldTokens: number;
  busy: boolean;
  usedAtMs: number;
}

interface Reading {
  readonly job: Job;
  readonly slot: number;
  readonly cachedTokens: number;
  readonly promptTokens: number;
  leftTokens: number;
}

/** Beside reading: sampling, the grammar, the way to the client, ms. */
const startMs = 60;

export class SimulatedMachine {
  readonly hardware: Hardware;
  readonly #timeline: Timeline;
  readonly #slots: Slot[];
  readonly #reading = new Set<Reading>();
  #readAtMs = 0;
  #callOff: () => void = () => {};

  constructor(hardware: Hardware, timeline: Timeline) {
    this.hardware = hardware;
    this.#timeline = timeline;
    this.#slots = Array.from({ length: hardware.slots }, () => ({
      scope: undefined,
      lineage: undefined,
      held: [],
      heldTokens: 0,
      busy: false,
      usedAtMs: 0,
    }));
  }

  get freeSlots(): number {
    return this.#slots.filter(({ busy }) => !busy).length;
  }

  /** Throws when every slot is busy. */
  start(job: Job): void {
    const promptTokens = tokensOf(job.blocks);
    const common = this.#slots.map((slot) => commonTokens(slot.held, job.blocks));
    const states = this.#slots.map((slot, at) => ({
      ...slot,
      commonTokens: common[at]!,
      idleMs: this.#timeline.nowMs - slot.usedAtMs,
    }));
    const at = chooseSlot(states, { scope: job.scope, lineage: job.lineage, tokens: promptTokens });
    if (at === null) throw new Error(`${this.hardware.name} has no slot free`);
    const slot = this.#slots[at]!;
    const cachedTokens = slot.scope === job.scope ? Math.min(common[at]!, promptTokens - 1) : 0;
    Object.assign(slot, { scope: job.scope, lineage: job.lineage, held: job.blocks, busy: true });
    this.#advance();
    this.#reading.add({ job, slot: at, cachedTokens, promptTokens, leftTokens: promptTokens - cachedTokens });
    this.#plan();
  }

  #advance(): void {
    const { nowMs } = this.#timeline;
    const share = ((nowMs - this.#readAtMs) / 1_000) * (this.hardware.readPerS / Math.max(1, this.#reading.size));
    for (const reading of this.#reading) reading.leftTokens -= share;
    this.#readAtMs = nowMs;
  }

  #plan(): void {
    this.#callOff();
    let least = Number.POSITIVE_INFINITY;
    for (const { leftTokens } of this.#reading) least = Math.min(least, leftTokens);
    if (least === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, Math.ceil((least * this.#reading.size * 1_000) / this.hardware.readPerS));
    this.#callOff = this.#timeline.after(waitMs, () => {
      this.#advance();
      for (const reading of [...this.#reading]) {
        if (reading.leftTokens > 0.5) continue;
        this.#reading.delete(reading);
        this.#write(reading);
      }
      this.#plan();
    });
  }

  #write({ job, slot: at, cachedTokens, promptTokens }: Reading): void {
    this.#timeline.after(startMs, () => {
      job.onFirst({ slot: at, cachedTokens, promptTokens });
      const writeMs = Math.ceil((job.answer.tokens * 1_000) / this.hardware.writePerS);
      this.#timeline.after(writeMs, () => {
        const slot = this.#slots[at]!;
        const held = [...job.blocks, job.answer];
        Object.assign(slot, { held, heldTokens: tokensOf(held), busy: false, usedAtMs: this.#timeline.nowMs });
        job.onEnd({ slot: at, heldTokens: slot.heldTokens });
      });
    });
  }
}

export const tokensOf = (blocks: readonly Block[]): number => blocks.reduce((sum, { tokens }) => sum + tokens, 0);

function commonTokens(held: readonly Block[], asked: readonly Block[]): number {
  let tokens = 0;
  for (const [at, block] of asked.entries()) {
    if (held[at]?.id !== block.id) break;
    tokens += block.tokens;
  }
  return tokens;
}
