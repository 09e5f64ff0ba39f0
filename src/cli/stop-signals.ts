/** Ctrl-C and its relatives: the first asks to drain, the second to stop, a third ends the process. */

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopSignals {
  /** Aborted by the first signal, or by `stop()`. */
  readonly drain: AbortSignal;
  /** Aborted by the second. */
  readonly now: AbortSignal;
  /** Asks to drain, without a signal. */
  stop(): void;
  /** Asks to stop at once, without a signal. */
  stopNow(): void;
  release(): void;
}

export function listenForStopSignals(): StopSignals {
  const drain = new AbortController();
  const now = new AbortController();
  const heard = (): void => {
    if (!drain.signal.aborted) drain.abort();
    else if (!now.signal.aborted) now.abort();
    else process.exit(130);
  };
  for (const signal of signals) process.on(signal, heard);
  return {
    drain: drain.signal,
    now: now.signal,
    stop: () => drain.abort(),
    stopNow() {
      drain.abort();
      now.abort();
    },
    release() {
      for (const signal of signals) process.off(signal, heard);
    },
  };
}

/** Resolves when a signal is aborted, at once when it already was. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
