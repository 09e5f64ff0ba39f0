/** One probe, run to its end or to its time limit. Never rejects: what fails becomes unknown facts. */
import { unknown } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import type { ProbeIo } from './io/probe-io.ts';
import type { Probe } from './probe.ts';
import type { Reading } from './reading.ts';

export interface ProbeRun {
  readonly probe: Probe;
  readonly facts: Facts;
  /** What was read, as text. */
  readonly readings: readonly Reading[];
  readonly ms: number;
}

export async function runProbe(probe: Probe, io: ProbeIo): Promise<ProbeRun> {
  const startedMs = performance.now();
  const done = (facts: Facts, readings: readonly Reading[]): ProbeRun => ({
    probe,
    facts,
    readings,
    ms: Math.round(performance.now() - startedMs),
  });
  let timer: NodeJS.Timeout | undefined;
  // A margin over the limits of the tools and files themselves, which say more exactly what hung.
  const limit = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), probe.timeoutMs + 1_000);
  });
  try {
    const readings = await Promise.race([probe.read(io), limit]);
    if (readings === 'late') return done(allUnknown(probe, 'timeout', `no end after ${probe.timeoutMs} ms`), []);
    return done(probe.parse(readings), readings);
  } catch (error) {
    // A defect of ours: said, and no reason for the agent to stop.
    return done(allUnknown(probe, 'failed', `the probe failed: ${error instanceof Error ? error.name : 'error'}`), []);
  } finally {
    clearTimeout(timer);
  }
}

function allUnknown(probe: Probe, reason: 'timeout' | 'failed', detail: string): Facts {
  return Object.fromEntries(probe.facts.map((name) => [name, unknown(reason, detail, probe.name)]));
}
