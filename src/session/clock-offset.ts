/** How far the clocks of two ends are apart, by one question and its answer. Shown to people, and never acted on. Pure. */

export interface ClockAnswer {
  /** When the answer was sent, by the clock of who answered; epoch ms. */
  readonly clockMs: number;
  /** From the question's arrival to that, ms. */
  readonly tookMs: number;
}

/** A way that takes longer tells nothing of use, ms: the error is half of it at most. */
const mostOnTheWayMs = 20_000;

/**
 * The other clock less ours, ms. Undefined where the way took too long. `askedMs`, `heardMs`: when it was asked and answered, by our
 * clock, epoch ms. The way there is taken to be as long as the way back.
 */
export function clockOffset(askedMs: number, { clockMs, tookMs }: ClockAnswer, heardMs: number): number | undefined {
  const onTheWayMs = heardMs - askedMs - tookMs;
  // Less than none: the clock was set in the meantime.
  if (onTheWayMs < 0 || onTheWayMs > mostOnTheWayMs) return undefined;
  return Math.round(clockMs - (heardMs - onTheWayMs / 2));
}
