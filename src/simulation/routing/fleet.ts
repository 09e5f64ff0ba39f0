/** The machines. Speeds are those of llama.cpp with an 8B model of 4 bits, rounded: a cold 20,000 tokens take 4 s to 2.5 min. */
export interface Hardware {
  readonly name: string;
  /** Prompt tokens per second, alone. */
  readonly readPerS: number;
  /** Tokens of one answer per second. */
  readonly writePerS: number;
  /** Prompts it holds, and answers at once. */
  readonly slots: number;
}

const rtx4090 = { name: 'rtx-4090', readPerS: 5_500, writePerS: 110, slots: 4 };
const rtx3090 = { name: 'rtx-3090', readPerS: 3_500, writePerS: 90, slots: 4 };
const rtx3060 = { name: 'rtx-3060', readPerS: 1_700, writePerS: 48, slots: 3 };
const rx6700 = { name: 'rx-6700', readPerS: 900, writePerS: 45, slots: 3 };
const m4Pro = { name: 'm4-pro', readPerS: 450, writePerS: 40, slots: 4 };
const m1 = { name: 'm1', readPerS: 130, writePerS: 12, slots: 2 };

export const mixedFleet: readonly Hardware[] = [rtx4090, rtx3090, rtx3060, rx6700, m4Pro, m1];

/** What people own: 8 to 11 slots, on which the workloads have 12 and more conversations at once. */
export const smallFleets: Readonly<Record<string, readonly Hardware[]>> = {
  'pc-and-mac': [rtx4090, m4Pro],
  'three-machines': [rtx3090, m4Pro, rtx3060],
  'old-cards': [rtx3060, { ...rtx3060, name: 'rtx-3060-b' }, m1],
};
