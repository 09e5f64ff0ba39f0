/** What is wrong with the machines of the yard, from what they said of themselves. */
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import type { Severity } from '../contract/machine/finding.ts';
import { allLandmines, checkAll, effectsOf } from '../landmines/index.ts';
import type { Penalty } from '../yard/routing/penalties.ts';
import type { KnownMachine } from './machine-facts.ts';

export interface MachineFinding {
  readonly machineId: string;
  readonly name: string;
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly seen: string;
  /** Another finding of the machine that is its likely cause. */
  readonly causedBy?: string;
}

/** What the yard is to know of a machine, from what it said of itself: codes of findings, and what its work counts more for. */
export interface Verdict {
  readonly noEngineBecause: readonly string[];
  readonly lastResortBecause: readonly string[];
  readonly slowedBy: readonly Penalty[];
}

export const noVerdict: Verdict = { noEngineBecause: [], lastResortBecause: [], slowedBy: [] };

/** Without those that the agent itself sees to: the figures they go by change with every word, and the yard goes by what it says. */
const judged = allLandmines.filter(({ isGoverned }) => !isGoverned);

export function verdictOn(facts: Facts): Verdict {
  const { noEngine, lastResort, dearer } = effectsOf(checkAll(facts, judged));
  return {
    noEngineBecause: noEngine,
    lastResortBecause: lastResort,
    slowedBy: isThrottled(facts) && !dearer.includes('hot') ? [...dearer, 'hot'] : dearer,
  };
}

/** Part of full speed below which a processor counts as throttled. */
const throttledBelow = 0.9;

/** A processor that is hot is as dear as a GPU that is, and is no landmine: every notebook is now and then. */
function isThrottled(facts: Facts): boolean {
  const limit = knownValue(facts['thermal.speed_limit']);
  return limit !== undefined && limit < throttledBelow;
}

export const findingsOfMachines = (machines: readonly KnownMachine[]): readonly MachineFinding[] =>
  machines.flatMap(({ machineId, name, facts }) =>
    checkAll(facts).flatMap(({ result, causedBy }) => {
      if (result.kind !== 'finding') return [];
      const { code, severity, title, seen } = result.finding;
      const cause = causedBy === undefined ? {} : { causedBy };
      return [{ machineId, name, code, severity, title, seen, ...cause }];
    }),
  );
