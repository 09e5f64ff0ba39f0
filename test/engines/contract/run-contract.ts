/** Runs the behaviours on engines and prints what came of each. */
import type { Behaviour, Engine } from './engine.ts';

export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly why: string }
  /** Not in its tier, or not to be had of this engine: what it lacks. */
  | { readonly kind: 'not-applicable'; readonly lacks: string };

export type Results = ReadonlyMap<string, Verdict>;

/** The longest a behaviour may take, ms. */
const patienceMs = 20_000;

export async function runContract(engine: Engine, behaviours: readonly Behaviour[]): Promise<Results> {
  const results = new Map<string, Verdict>();
  for (const behaviour of behaviours) {
    results.set(behaviour.name, await runOne(engine, behaviour));
  }
  return results;
}

async function runOne(engine: Engine, behaviour: Behaviour): Promise<Verdict> {
  const lacks = (behaviour.needs ?? []).filter((need) => !engine.has.has(need));
  if (lacks.length > 0) return { kind: 'not-applicable', lacks: lacks.join(', ') };
  let timer: NodeJS.Timeout | undefined;
  try {
    await using rig = await engine.open(behaviour.script);
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${patienceMs} ms`)), patienceMs);
    });
    await Promise.race([behaviour.check(rig), late]);
    return { kind: 'pass' };
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'fail', why };
  } finally {
    clearTimeout(timer);
  }
}

/** What failed, and why. */
export const failures = (results: Results): string[] =>
  [...results].flatMap(([name, verdict]) => (verdict.kind === 'fail' ? [`${name}\n${verdict.why}`] : []));

/** The table: one line per behaviour, one column per engine. */
export function contractTable(results: ReadonlyMap<string, Results>): string {
  const engines = [...results.keys()];
  const names = [...(results.get(engines[0] ?? '')?.keys() ?? [])];
  const marks = { pass: 'pass', fail: 'FAIL', 'not-applicable': '-' } as const;
  const rows = [
    ['behaviour', ...engines],
    ...names.map((name) => [
      name,
      ...engines.map((engine) => marks[results.get(engine)?.get(name)?.kind ?? 'not-applicable']),
    ]),
    ['passed', ...engines.map((engine) => count(results.get(engine), 'pass'))],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const count = (results: Results | undefined, kind: Verdict['kind']): string => {
  const all = [...(results?.values() ?? [])].filter(({ kind: each }) => each !== 'not-applicable');
  return `${all.filter((verdict) => verdict.kind === kind).length}/${all.length}`;
};
