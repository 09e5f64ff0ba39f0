/** What a case can come to, and how it says so from deep inside. */

export type Verdict =
  | { readonly status: 'pass' }
  | { readonly status: 'fail'; readonly expected: string; readonly seen: string }
  /** It works, less well than the contract says. */
  | { readonly status: 'degraded'; readonly how: string }
  /** The server refused and named the feature: honest, so no failure. `said` is its own text. */
  | { readonly status: 'unsupported'; readonly said: string }
  | { readonly status: 'not-applicable'; readonly why: string };
export type VerdictStatus = Verdict['status'];

export const verdictStatuses = ['pass', 'fail', 'degraded', 'unsupported', 'not-applicable'] as const;

export const pass: Verdict = { status: 'pass' };
export const degraded = (how: string): Verdict => ({ status: 'degraded', how });
export const notApplicable = (why: string): Verdict => ({ status: 'not-applicable', why });

/** Thrown when the server did something else than the contract says. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
  readonly expected: string;
  readonly seen: string;
  constructor(expected: string, seen: string) {
    super(`expected ${expected}, seen ${seen}`);
    this.expected = expected;
    this.seen = seen;
  }
}

/** Thrown when a request that should be answered was refused; an optional feature may be. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly httpStatus: number;
  /** The server's own text. */
  readonly said: string;
  constructor(httpStatus: number, said: string) {
    super(`status ${httpStatus}: ${said}`);
    this.httpStatus = httpStatus;
    this.said = said;
  }
}

/** Fails the case unless the condition holds. */
export function expect(condition: unknown, expected: string, seen: string): asserts condition {
  if (!condition) throw new Mismatch(expected, seen);
}

/** A value as it may stand in a report: JSON, one line, not long. */
export function quote(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
