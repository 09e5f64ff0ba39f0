/**
 * How much a machine is to be relied on. Three faults within a minute open its breaker: others are
 * preferred for 30 s, then one ticket at a time shows whether it works again. A machine whose link is
 * lost again and again is preferred least as well. Neither keeps it from serving what no other machine
 * serves: an unreliable machine is better than none.
 */
import type { ErrorCode } from '../contract/errors.ts';
import { createDeadline, isArmed } from './deadlines.ts';
import type { YardEvent } from './events.ts';
import { noteChange } from './routing/fleet.ts';
import { slowdown } from './routing/penalties.ts';
import type { Machine, ServedModel, Standing, YardState } from './state.ts';

const hourMs = 3_600_000;

/** What an engine or its machine did wrong, as against what was wrong with the request. */
const faults: ReadonlySet<ErrorCode> = new Set(['engine_failed', 'engine_crashed', 'engine_stalled']);

export function isFault(code: ErrorCode): boolean {
  return faults.has(code);
}

export function newStanding(machineId: string): Standing {
  return {
    faultsMs: [],
    dropsMs: [],
    unsteady: false,
    findings: [],
    noEngineBecause: [],
    breaker: 'closed',
    trial: createDeadline({ kind: 'trial', machineId }),
  };
}

/** The machine failed at a ticket. */
export function noteFault(yard: YardState, machine: Machine): void {
  const { standing } = machine;
  const { breakerWindowMs, breakerFaults, breakerOpenMs } = yard.limits;
  standing.faultsMs = [...since(standing.faultsMs, yard.nowMs - breakerWindowMs), yard.nowMs];
  if (standing.breaker === 'closed' && standing.faultsMs.length < breakerFaults) return;
  standing.breaker = 'open';
  unsettle(yard, machine);
  yard.deadlines.arm(standing.trial, yard.nowMs + breakerOpenMs);
}

/** The machine answered a ticket. */
export function noteSuccess(yard: YardState, machine: Machine): void {
  const { standing } = machine;
  if (standing.breaker !== 'trial') return;
  standing.breaker = 'closed';
  standing.faultsMs = [];
  unsettle(yard, machine);
}

/** Its link was lost. */
export function noteDrop(yard: YardState, machine: Machine): void {
  const { standing } = machine;
  noteChange(machine);
  standing.dropsMs.push(yard.nowMs);
  countDrops(yard, standing);
}

/** It reports, so it is there: an hour without losses clears it. */
export function noteReport(yard: YardState, machine: Machine): void {
  if (!machine.standing.unsteady) return;
  countDrops(yard, machine.standing);
  noteChange(machine);
}

function countDrops(yard: YardState, standing: Standing): void {
  standing.dropsMs = since(standing.dropsMs, yard.nowMs - hourMs);
  standing.unsteady = standing.dropsMs.length > yard.limits.dropsPerHour;
}

/** What is known to be wrong with it, or makes it slower. */
export function judge(yard: YardState, machine: Machine, event: YardEvent & { type: 'machine-judged' }): void {
  const { lastResortBecause: findings, noEngineBecause = [], slowedBy = [] } = event;
  machine.slowedBy = slowedBy;
  machine.slowdown = slowdown(slowedBy);
  Object.assign(machine.standing, { findings, noEngineBecause });
  unsettle(yard, machine);
}

/** The breaker has been open for its time. */
export function trialDue(yard: YardState, machine: Machine): void {
  machine.standing.breaker = 'trial';
  unsettle(yard, machine);
}

/** The findings that keep the model on this machine from serving. One that is loaded in spite of them runs, whatever they say. */
export function forbiddenBy({ machine, report }: Pick<ServedModel, 'machine' | 'report'>): readonly string[] {
  const isOurs = (report.tier ?? 'raw') === 'raw';
  return isOurs && report.status === 'available' ? machine.standing.noEngineBecause : [];
}

/** Whether its breaker is open: others are to have the work, even if they are full. */
export function isFailing({ standing }: Machine): boolean {
  return standing.breaker === 'open';
}

/** Whether it is as good a choice as any other. */
export function isReliable({ standing }: Machine): boolean {
  return standing.breaker !== 'open' && !standing.unsteady && standing.findings.length === 0;
}

/** Why the machine is not relied on, as a sentence for its owner; null when it is. */
export function doubtsAbout(yard: YardState, { standing }: Machine): string | null {
  const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;
  if (standing.breaker === 'open') {
    const wait = isArmed(standing.trial) ? standing.trial.atMs - yard.nowMs : 0;
    return `failed ${standing.faultsMs.length} times within ${seconds(yard.limits.breakerWindowMs)}; tried again in ${seconds(wait)}`;
  }
  if (standing.breaker === 'trial')
    return 'failed often a moment ago; gets one request at a time until one is answered';
  const doubts: string[] = [];
  if (standing.noEngineBecause.length > 0)
    doubts.push(`nothing is loaded there in our own engine: finding ${standing.noEngineBecause.join(', ')}`);
  if (standing.findings.length > 0) doubts.push(`of what is wrong with it: ${standing.findings.join(', ')}`);
  if (doubts.length > 0) return doubts.join('; ');
  return standing.unsteady ? `its link was lost ${standing.dropsMs.length} times within an hour` : null;
}

function since(timesMs: readonly number[], fromMs: number): number[] {
  return timesMs.filter((atMs) => atMs > fromMs);
}

function unsettle(yard: YardState, machine: Machine): void {
  noteChange(machine);
  for (const model of machine.models.keys()) yard.unsettled.add(model);
}
