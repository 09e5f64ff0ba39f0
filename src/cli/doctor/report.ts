/** One examination of this machine: facts, what the checks say of them, and what it comes to. */
import type { Facts } from '../../contract/machine/facts.ts';
import { type Checked, checkAll, effectsOf, findingsOf } from '../../landmines/index.ts';

export interface DoctorReport {
  readonly version: string;
  readonly facts: Facts;
  readonly checked: readonly Checked[];
  /** Collecting the facts and judging them. */
  readonly tookMs: number;
}

export const examine = (version: string, facts: Facts, tookMs: number): DoctorReport => ({
  version,
  facts,
  checked: checkAll(facts),
  tookMs,
});

/**
 * 1 when a finding blocks or breaks something; 2 when a check of ours crashed, so that the verdict is
 * not whole; else 0. What slows, warns or is good to know does not make a machine unfit.
 */
export function exitStatus({ checked }: DoctorReport): 0 | 1 | 2 {
  if (findingsOf(checked).some(({ severity }) => severity === 'blocks' || severity === 'breaks')) return 1;
  return checked.some(({ result }) => result.kind === 'crashed') ? 2 : 0;
}

/** As `--json` prints it. */
export function reportJson(report: DoctorReport): unknown {
  const { version, facts, checked, tookMs } = report;
  return {
    version,
    exitStatus: exitStatus(report),
    tookMs: Math.round(tookMs),
    findings: findingsOf(checked).map(({ code }) => code),
    effects: effectsOf(checked),
    checks: checked.map(({ landmine: { code, title, group, severity }, result, causedBy }) => ({
      code,
      title,
      group,
      severity,
      ...(causedBy === undefined ? {} : { causedBy }),
      result,
    })),
    facts,
  };
}
