/** The one clock of a process: integer milliseconds, monotonic, from an arbitrary start. */
export function nowMs(): number {
  return Math.floor(performance.now());
}
