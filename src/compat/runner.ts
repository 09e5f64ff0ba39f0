/** Runs cases against one server: a few at a time, each within its time, every one with a verdict. */
import { missing } from './capabilities.ts';
import type { CompatCase } from './compat-case.ts';
import { Mismatch, notApplicable, Refused, type Verdict } from './verdict.ts';
import { type Server, type Target, targetFactory } from './wire/target.ts';

export interface RunOptions {
  /** Cases at once. */
  readonly concurrency: number;
  /** The longest a case may take, ms. */
  readonly caseTimeMs: number;
  /** Ends the run; cases not yet begun are left out of the result. */
  readonly signal?: AbortSignal;
  onResult?(result: CaseResult): void;
}

export interface CaseResult {
  readonly case: CompatCase;
  readonly verdict: Verdict;
  readonly durationMs: number;
}

/** Results in the order of the cases. Those that want to be alone run last, one after another. */
export async function runCases(
  cases: readonly CompatCase[],
  server: Server,
  options: RunOptions,
): Promise<readonly CaseResult[]> {
  const { signal = new AbortController().signal } = options;
  const targets = targetFactory(server, options.caseTimeMs, signal);
  const results = new Map<CompatCase, CaseResult>();
  const runOne = async (compatCase: CompatCase): Promise<void> => {
    const startedMs = performance.now();
    const verdict = await verdictOf(compatCase, (limit) => targets.forCase(limit), options.caseTimeMs);
    if (signal.aborted) return;
    const result = { case: compatCase, verdict, durationMs: Math.round(performance.now() - startedMs) };
    results.set(compatCase, result);
    options.onResult?.(result);
  };
  const lanes = async (waiting: CompatCase[], count: number): Promise<void> => {
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift())
        await runOne(next);
    };
    await Promise.all(Array.from({ length: count }, lane));
  };
  await lanes(
    cases.filter(({ alone }) => !alone),
    options.concurrency,
  );
  await lanes(
    cases.filter(({ alone }) => alone),
    1,
  );
  return cases.flatMap((compatCase) => results.get(compatCase) ?? []);
}

async function verdictOf(
  compatCase: CompatCase,
  forCase: (limit: AbortSignal) => Target,
  caseTimeMs: number,
): Promise<Verdict> {
  const limit = AbortSignal.timeout(caseTimeMs);
  const target = forCase(limit);
  try {
    if (compatCase.needs !== undefined) {
      const why = await missing(compatCase.needs, target);
      if (why !== null) return notApplicable(why);
    }
    return await within(limit, compatCase.run(target));
  } catch (thrown) {
    if (limit.aborted) return { status: 'fail', expected: `an answer within ${caseTimeMs} ms`, seen: 'none' };
    return verdictOfThrown(compatCase, thrown);
  }
}

/** A case that forgets the signal is left behind when its time is over. */
function within<Value>(limit: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(limit.reason);
    limit.addEventListener('abort', over, { once: true });
    work.then(resolve, reject).finally(() => limit.removeEventListener('abort', over));
  });
}

function verdictOfThrown({ refusable }: CompatCase, thrown: unknown): Verdict {
  if (thrown instanceof Mismatch) return { status: 'fail', expected: thrown.expected, seen: thrown.seen };
  if (thrown instanceof Refused) {
    const honest = thrown.httpStatus < 500 || thrown.httpStatus === 501;
    if (honest && refusable?.test(thrown.said)) return { status: 'unsupported', said: thrown.said };
    return {
      status: 'fail',
      expected: refusable === undefined ? 'status 200' : `status 200, or a refusal that names it (${refusable})`,
      seen: thrown.message,
    };
  }
  // A part the case reads is not there at all.
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return { status: 'fail', expected: 'an answer of the usual shape', seen: `something else (${what})` };
}
