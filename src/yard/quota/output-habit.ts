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
  /** The same, the shortest first. */
  readonly sorted: number[];
  /** Where the next one goes. */
  next: number;
  /** 1.5 times the 90th percentile of them. */
  expected: number;
}

export const newHabit = (): OutputHabit => ({ tokens: [], sorted: [], next: 0, expected: mostReserved });

export function noteOutput(habit: OutputHabit, outputTokens: number): void {
  const { tokens, sorted, next } = habit;
  const forgotten = tokens[next];
  if (forgotten !== undefined) sorted.splice(sorted.indexOf(forgotten), 1);
  const longer = sorted.findIndex((other) => other > outputTokens);
  sorted.splice(longer < 0 ? sorted.length : longer, 0, outputTokens);
  tokens[next] = outputTokens;
  habit.next = (next + 1) % remembered;
  habit.expected = Math.ceil((sorted[Math.ceil(sorted.length * 0.9) - 1] ?? mostReserved) * margin);
}

/** Tokens to set aside for an answer of at most `maxTokens`. */
export const reservedOutput = (habit: OutputHabit, maxTokens: number): number =>
  Math.min(maxTokens, habit.expected, mostReserved);
