/**
 * What speaks against a machine that serves: it works more slowly than it did when it was measured, or its owner pays
 * for it with something else than time. A factor on all of its work; the figure is a preference, not a measurement.
 */

export type Penalty = 'hot' | 'battery';

const factors: Readonly<Record<Penalty, number>> = {
  /** Throttled by heat: more work makes it hotter, and slower than its average says. */
  hot: 1.5,
  /** Its owner has unplugged it: half as fast is just as welcome. */
  battery: 2,
};

/** What the machine's work is multiplied by; 1 when nothing speaks against it. */
export function slowdown(penalties: readonly Penalty[]): number {
  return penalties.reduce((product, penalty) => product * factors[penalty], 1);
}

/** How much of the cost each of them makes, ms. */
export function sharesOf(penalties: readonly Penalty[], workMs: number): { name: string; ms: number }[] {
  return penalties.map((name) => ({ name, ms: workMs * (factors[name] - 1) }));
}
