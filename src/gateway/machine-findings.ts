/** What is wrong with the machines of the yard, from what they said of themselves. */
import type { Severity } from '../contract/machine/finding.ts';
import { checkAll } from '../landmines/index.ts';
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

export const findingsOfMachines = (machines: readonly KnownMachine[]): readonly MachineFinding[] =>
  machines.flatMap(({ machineId, name, facts }) =>
    checkAll(facts).flatMap(({ result, causedBy }) => {
      if (result.kind !== 'finding') return [];
      const { code, severity, title, seen } = result.finding;
      const cause = causedBy === undefined ? {} : { causedBy };
      return [{ machineId, name, code, severity, title, seen, ...cause }];
    }),
  );
