/** Ends a process of tests that would not end: who waits for it would wait for ever. */
import type { TestEvent } from 'node:test/reporters';

/** All its tests have ended and it still lives: for so long something may be closing, ms. Tests of the runner wait less. */
const restMs = Number(process.env.METALYARD_TEST_REST_MS ?? 30_000);
const parentLooksMs = 2_000;
/** Files of a whole suite are in this process. */
const isShared = process.argv[1]?.endsWith('in-one-process.ts') === true;

/**
 * Makes a function that is told every event. It kills this process, and its group, when all tests have ended and the process goes on
 * (a handle was left open, as of a test that timed out), or when the runner that started it has gone.
 */
export function watchOwnEnd(): (event: TestEvent) => void {
  // Told by the runner: it may have gone before this process could look who started it.
  const runner = Number(process.env.METALYARD_TEST_RUNNER ?? process.ppid);
  const looks = setInterval(() => {
    if (process.ppid !== runner) end();
  }, parentLooksMs).unref();
  let open = 0;
  let rest: NodeJS.Timeout | undefined;
  return ({ type, data }) => {
    if (data === undefined || !('nesting' in data) || data.nesting !== 0) return;
    if (type === 'test:enqueue') open += 1;
    if (type === 'test:complete') open -= 1;
    // Some wait for a timer that keeps no process alive by itself. One file alone shows by its end that nothing can come any more.
    if (isShared && open > 0) looks.ref();
    else looks.unref();
    clearTimeout(rest);
    rest = open === 0 ? setTimeout(end, restMs).unref() : undefined;
  };
}

function end(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } finally {
    // Not the first of a group, where there are none.
    process.kill(process.pid, 'SIGKILL');
  }
}
