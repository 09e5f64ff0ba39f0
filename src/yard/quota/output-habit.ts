/**
 * How long a key's answers usually are. What is set aside for an answer is what its like have taken,
 * not the 32,000 tokens that clients ask for to be safe.
 */

/** Answers that are remembered. */
const remembered = 64;
/** Room for answers longer than nearly all before them. */
const margin = 1.5;
/** Never more is set aside, tokens; nor less than this is assumed of a key that has no answers yet. */
const mostReserved = 4_096;

export interface OutputHabit {
  /** Output tokens of the last answers, in no order. */
  readonly tokens: number[];
  /** Where the next one goes. */
  next: number;
  /** 1.5 times the 90th percentile of them. */
  expected: number;
}

export const newHabit = (): OutputHabit => ({ tokens: [], next: 0, expected: mostReserved });

export function noteOutput(habit: OutputHabit, outputTokens: number): void {
  habit.tokens[habit.next] = outputTokens;
  habit.next = (habit.next + 1) % remembered;
  const sorted = Float64Array.from(habit.tokens).sort();
  habit.expected = Math.ceil((sorted[Math.ceil(sorted.length * 0.9) - 1] ?? mostReserved) * margin);
}

/** Tokens to set aside for an answer of at most `maxTokens`. */
export const reservedOutput = (habit: OutputHabit, maxTokens: number): number =>
  Math.min(maxTokens, habit.expected, mostReserved);
