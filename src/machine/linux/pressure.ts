/** Pressure stall information of the kernel: the share of time in which work waited for something. */
import { known } from '../../contract/machine/fact.ts';
import type { FactName } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type Probe } from '../probe.ts';
import { decimal } from '../text/numbers.ts';

/** Of the last ten seconds, 0..1. `kind`: some work waited, or all did. */
export function stallShare(text: string, kind: 'some' | 'full'): number | undefined {
  const line = new RegExp(`^${kind} avg10=([0-9.]{1,12}) avg60=[0-9.]{1,12} avg300=[0-9.]{1,12} total=\\d+`, 'm');
  const percent = decimal(line.exec(text)?.[1]);
  return percent === undefined || percent < 0 || percent > 100 ? undefined : percent / 100;
}

function pressureProbe(of: 'cpu' | 'io', fact: 'cpu.stall_10s' | 'disk.stall_10s'): Probe {
  const path = `/proc/pressure/${of}`;
  const names: readonly FactName[] = [fact];
  return {
    name: `linux-${of}-pressure`,
    title: `share of time in which work waited for ${of === 'cpu' ? 'the processor' : 'a disk'}`,
    reads: [path],
    platforms: ['linux'],
    timeoutMs: fileTimeoutMs,
    facts: names,
    read: async (io) => [await io.file(path)],
    parse: parseWith(names, (text, source) => {
      const share = stallShare(text, 'some');
      return share === undefined ? {} : { [fact]: known(share, source) };
    }),
  };
}

export const linuxCpuPressure: Probe = pressureProbe('cpu', 'cpu.stall_10s');
export const linuxIoPressure: Probe = pressureProbe('io', 'disk.stall_10s');
