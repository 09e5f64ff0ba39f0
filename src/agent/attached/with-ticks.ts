/** Waiting for somebody who may be silent for long, without taking silence for death or life. */

/** The values of a source as they come, and a `tick` after each `ms` without one. The source is ended with the loop. */
export async function* withTicks<Value>(
  source: AsyncIterable<Value>,
  ms: number,
): AsyncGenerator<Value | 'tick', void> {
  const values = source[Symbol.asyncIterator]();
  try {
    for (let next = values.next(); ; next = values.next()) {
      for (;;) {
        const first = await orTick(next, ms);
        if (first === 'tick') {
          yield 'tick';
          continue;
        }
        if (first.done === true) return;
        yield first.value;
        break;
      }
    }
  } finally {
    await values.return?.();
  }
}

async function orTick<Value>(value: Promise<Value>, ms: number): Promise<Value | 'tick'> {
  let timer: NodeJS.Timeout | undefined;
  const tick = new Promise<'tick'>((resolve) => {
    timer = setTimeout(resolve, ms, 'tick');
  });
  try {
    return await Promise.race([value, tick]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Silence {
  /** `wait`: vouch for it. `leave`: let whoever counts go on counting. `over`: it is dead. */
  tick(elapsedMs: number, begun: boolean): 'wait' | 'leave' | 'over';
  /** Something came; elapsed since the request, ms. */
  heard(elapsedMs: number, what: string): void;
}

/** All in ms. `laterMs` null: silence in mid-answer is not excused. `tellsProgress`: nor is it, once progress was told. */
export function silenceOf(rules: {
  readonly firstWordMs: number;
  readonly laterMs: number | null;
  readonly tellsProgress: boolean;
}): Silence {
  let heardAtMs = 0;
  let progressTold = false;
  return {
    tick(elapsedMs, begun) {
      const limitMs = begun ? rules.laterMs : progressTold && rules.tellsProgress ? null : rules.firstWordMs;
      if (limitMs === null) return 'leave';
      return elapsedMs - heardAtMs > limitMs ? 'over' : 'wait';
    },
    heard(elapsedMs, what) {
      heardAtMs = elapsedMs;
      if (what === 'chunk' || what === 'comment') progressTold = true;
    },
  };
}
