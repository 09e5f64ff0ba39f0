/** The server under examination, as one case sees it. */

export interface Server {
  /** Without `/v1` and without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
  readonly model: string;
}

export interface Target extends Server {
  /** Ends when the time of the case is over, or the whole run. */
  readonly signal: AbortSignal;
  /** The longest a case may take, ms. */
  readonly caseTimeMs: number;
  /** What `make` comes to, asked for once per run; it gets a time of its own, so that no case cuts it for another. */
  once<Value>(key: string, make: (target: Target) => Promise<Value>): Promise<Value>;
}

export interface TargetFactory {
  /** For one case. */
  forCase(signal: AbortSignal): Target;
}

export function targetFactory(server: Server, caseTimeMs: number, runSignal: AbortSignal): TargetFactory {
  const shared = new Map<string, Promise<unknown>>();
  const make = (signal: AbortSignal): Target => ({
    ...server,
    signal: AbortSignal.any([signal, runSignal]),
    caseTimeMs,
    once<Value>(key: string, create: (target: Target) => Promise<Value>): Promise<Value> {
      let value = shared.get(key);
      if (value === undefined) {
        value = create(make(AbortSignal.timeout(caseTimeMs)));
        shared.set(key, value);
      }
      return value as Promise<Value>; // a key always goes with one `create`
    },
  });
  return { forCase: make };
}
