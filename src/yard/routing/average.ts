/** A running average that forgets: the newest value counts for a tenth, and more while there are few. */
export interface Average {
  value: number;
  count: number;
}

const steady = 10;

export function createAverage(first: number): Average {
  return { value: first, count: 0 };
}

export function observe(average: Average, value: number): void {
  average.count = Math.min(steady, average.count + 1);
  average.value += (value - average.value) / average.count;
}
