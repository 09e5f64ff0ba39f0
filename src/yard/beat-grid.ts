/**
 * When machines beat. A process that wakes for every heartbeat of a large fleet spends more on waking than on what it
 * hears: four hundred of them a second, each alone, took three times as long as a hundred that come together. So each
 * machine is told its moment, on a grid of 250 ms that lies on the gateway's own clock, and all moments have as many.
 *
 *     welcome {heartbeatMs: 5000, beatInMs: 3410}    the first beat, and one each 5 s after it
 *     heartbeat {heartbeatMs: 5000, shiftMs: -31}    from now on a little earlier: clocks drift, ways grow longer
 *     heartbeat {heartbeatMs: 6250, beatInMs: 4090}  the fleet has grown: a new pace, and new moments
 */

/** Between two moments, ms: at 400 heartbeats a second a hundred come at each. */
export const beatGridMs = 250;
/** Moments lie so long after the grid's own, ms: what comes a little early still comes in the same 50 ms, which are answered together. */
const offsetMs = 20;
/** So much earlier or later is well, ms. */
const toleranceMs = 20;
/** The first beat comes no sooner, of the heartbeat: what is said with it is to be answered before the next. */
const leastShare = 0.2;
/** A machine is told again after so many beats: where a clock runs away nothing would be gained. */
const beatsBetweenShifts = 5;

/** How punctual one machine is. */
export interface BeatTiming {
  /** The beat before this one came so much later than its moment, ms; null before the first. */
  lateMs: number | null;
  /** Beats until it may be told again. */
  beatsUntilShift: number;
}

export const newBeatTiming = (): BeatTiming => ({ lateMs: null, beatsUntilShift: 0 });

/** From now to the first beat, at this pace, of the machine whose turn it is, ms: within a fifth of a heartbeat and six. */
export function firstBeatInMs(turn: number, heartbeatMs: number, nowMs: number): number {
  const leastMs = Math.ceil(heartbeatMs * leastShare);
  const moments = Math.max(1, Math.floor(heartbeatMs / beatGridMs));
  const momentMs = (turn % moments) * beatGridMs + offsetMs;
  return leastMs + modulo(momentMs - nowMs - leastMs, moments * beatGridMs);
}

/**
 * A beat has come now. How much later the next ones are to come, ms (negative: earlier); null: it is well, or too soon to say:
 * a machine has to be as early or late twice, since one beat may only have been held up.
 */
export function shiftOf(timing: BeatTiming, nowMs: number): number | null {
  const lateMs = modulo(nowMs - offsetMs + beatGridMs / 2, beatGridMs) - beatGridMs / 2;
  const before = timing.lateMs;
  timing.lateMs = lateMs;
  timing.beatsUntilShift = Math.max(0, timing.beatsUntilShift - 1);
  if (timing.beatsUntilShift > 0 || Math.abs(lateMs) <= toleranceMs) return null;
  if (before === null || Math.abs(lateMs - before) > toleranceMs) return null;
  timing.beatsUntilShift = beatsBetweenShifts;
  return -lateMs;
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
