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

export const mixedFleet: readonly Hardware[] = [
  { name: 'rtx-4090', readPerS: 5_500, writePerS: 110, slots: 4 },
  { name: 'rtx-3090', readPerS: 3_500, writePerS: 90, slots: 4 },
  { name: 'rtx-3060', readPerS: 1_700, writePerS: 48, slots: 3 },
  { name: 'rx-6700', readPerS: 900, writePerS: 45, slots: 3 },
  { name: 'm4-pro', readPerS: 450, writePerS: 40, slots: 4 },
  { name: 'm1', readPerS: 130, writePerS: 12, slots: 2 },
];
