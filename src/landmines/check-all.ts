/** Runs every check over the facts of one machine and puts what was found in the order in which it matters. */
import type { Facts } from '../contract/machine/facts.ts';
import type { CheckResult, Finding, Severity } from '../contract/machine/finding.ts';
import { allLandmines } from './all.ts';
import type { Landmine } from './landmine.ts';

/** Worst first. */
const severities = ['blocks', 'breaks', 'slows', 'warns', 'notes'] as const satisfies readonly Severity[];
export const harm = (severity: Severity): number => severities.indexOf(severity);

export interface Checked {
  readonly landmine: Landmine;
  readonly result: CheckResult;
  /** A finding that is the likely consequence of this other finding: mend that one first. */
  readonly causedBy?: string;
}

/** One finding and those it is likely to have caused, all the way down. */
export interface FindingTree {
  readonly finding: Finding;
  readonly landmine: Landmine;
  readonly consequences: readonly FindingTree[];
}

/** Every landmine with its result, in the order of the list. A check that throws is a result of its own. */
export function checkAll(facts: Facts, landmines: readonly Landmine[] = allLandmines): readonly Checked[] {
  const checked = landmines.map((landmine) => ({ landmine, result: checkSafely(landmine, facts) }));
  return checked.map((each) => {
    const cause = causeOf(each, checked);
    return cause === undefined ? each : { ...each, causedBy: cause };
  });
}

function checkSafely(landmine: Landmine, facts: Facts): CheckResult {
  try {
    return landmine.check(facts);
  } catch (error) {
    return { kind: 'crashed', error: error instanceof Error ? error.message : String(error) };
  }
}

/** The worst of the causes that are findings themselves. */
function causeOf({ landmine, result }: Checked, all: readonly Checked[]): string | undefined {
  if (result.kind !== 'finding') return undefined;
  const causes = all.flatMap((other) => {
    const { result: found } = other;
    return found.kind === 'finding' && landmine.dependsOn?.includes(found.finding.code) ? [found.finding] : [];
  });
  return causes.sort((a, b) => harm(a.severity) - harm(b.severity))[0]?.code;
}

/** Findings as trees, root causes on top; a tree is as harmful as its worst finding, the most harmful first. */
export function findingTrees(checked: readonly Checked[]): readonly FindingTree[] {
  const grow = (cause: string | undefined): FindingTree[] =>
    checked
      .filter(({ causedBy }) => causedBy === cause)
      .flatMap(({ landmine, result }) =>
        result.kind === 'finding'
          ? [{ finding: result.finding, landmine, consequences: grow(result.finding.code) }]
          : [],
      )
      .sort((a, b) => worst(a) - worst(b));
  return grow(undefined);
}

/** Rank of the most harmful finding of a tree; 0 is the worst there is. */
export const worst = ({ finding, consequences }: FindingTree): number =>
  Math.min(harm(finding.severity), ...consequences.map(worst));

/** The findings alone, in the order of `findingTrees`, each before its consequences. */
export function findingsOf(checked: readonly Checked[]): readonly Finding[] {
  const flat = (trees: readonly FindingTree[]): Finding[] =>
    trees.flatMap(({ finding, consequences }) => [finding, ...flat(consequences)]);
  return flat(findingTrees(checked));
}
