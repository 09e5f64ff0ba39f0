import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';

export const containerCpuQuota = landmine({
  code: 'container-cpu-quota',
  title: 'A quota holds the processor back',
  group: 'wsl',
  severity: 'notes',
  on: ['linux'],
  needs: ['cpu.logical_cores'],
  reads: ['cpu.quota_cores'],
  means:
    'More threads than the quota has cores make the engine slower, because all of them are stopped together when it is used up.',
  story:
    "A control group can be given, say, two cores' worth of time on a machine of sixteen. Programs still see sixteen and start as many " +
    'threads, which then use up the share in a fraction of each period and wait for the rest of it.',
  sources: [vendor('Linux kernel documentation: control group v2, cpu.max', '2026')],
  example: { 'os.family': 'linux', 'cpu.quota_cores': 2, 'cpu.logical_cores': 16 },
  counterExample: { 'os.family': 'linux', 'cpu.quota_cores': 16, 'cpu.logical_cores': 16 },
  judge({ 'cpu.logical_cores': cores }, facts) {
    // Without a quota the fact is absent.
    const quota = knownValue(facts['cpu.quota_cores']) ?? cores;
    if (quota >= cores) return 'ok';
    return {
      seen: `The quota is ${quota} of ${cores} cores.`,
      remedy: ['If models run on the processor here, raise it:', sh('docker run --cpus 8 ...')],
    };
  },
});
