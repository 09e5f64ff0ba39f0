/** Does something after a delay, ms, measured by a clock that never jumps; returns how to call it off. */
export type After = (delayMs: number, run: () => void) => () => void;
