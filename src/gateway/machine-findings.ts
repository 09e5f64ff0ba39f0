/** What is wrong with the machines of the yard, from what they said of themselves. */
import type { Facts } from '../contract/machine/facts.ts';
import type { Severity } from '../contract/machine/finding.ts';
import { checkAll, effectsOf } from '../landmines/index.ts';
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

/**
 * Why others are preferred to a machine, by codes of findings. A finding that says that nothing can be served there
 * counts no more than that: where a model is ready all the same, what works, works.
 */
export function lastResortBecause(facts: Facts): readonly string[] {
  const { lastResort, noTickets } = effectsOf(checkAll(facts));
  return [...noTickets, ...lastResort];
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
