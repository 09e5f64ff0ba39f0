import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts, FactTable, Pressure } from '../../contract/machine/facts.ts';
import { powershell, sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, vendor } from '../sources.ts';
import { bytes, gib, percent } from '../words.ts';

export const memoryPressure = landmine({
  code: 'memory-pressure',
  title: 'The system is short of memory now',
  group: 'memory',
  severity: 'blocks',
  needs: ['os.family'],
  reads: [
    'memory.pressure',
    'memory.stall_10s',
    'memory.stall_full_10s',
    'memory.available_bytes',
    'memory.total_bytes',
  ],
  means:
    'A system that must swap stalls everything on it, and may end the engine or freeze. Metalyard waits until it has passed.',
  story:
    'How short memory is, the system says best itself: macOS by its pressure level (1 normal, 2 warn, 4 critical; any user may read it), ' +
    'Linux by the share of time in which tasks waited for memory (PSI). Counting free pages tells little: a healthy Mac keeps them near zero.',
  belief: {
    held: 'Free pages plus speculative pages are what a Mac has left; or free plus inactive.',
    found:
      'vm_stat prints free pages without the speculative ones, which its source counts as free; and the inactive pages hold data that ' +
      'must be written somewhere first. Free, speculative, purgeable and the file-backed part of inactive come closest.',
  },
  sources: [
    vendor('Apple, xnu: NOTE_MEMORYSTATUS_PRESSURE levels; system_cmds: vm_stat.c', '2026'),
    capture('vm_stat of Macs at work and under pressure; PSI files of Linux', '2025-11'),
  ],
  example: {
    'os.family': 'macos',
    'memory.pressure': 'critical',
    'memory.available_bytes': 1.1 * gib,
    'memory.total_bytes': 24 * gib,
  },
  counterExample: {
    'os.family': 'macos',
    'memory.pressure': 'normal',
    'memory.available_bytes': 9 * gib,
    'memory.total_bytes': 24 * gib,
  },
  judge(_, facts) {
    const sign = systemVerdict(facts) ?? stalls(facts);
    if (sign === undefined) return { cannotTell: 'the system does not tell how short of memory it is' };
    if (sign.pressure === 'normal') return 'ok';
    const [available, total] = [knownValue(facts['memory.available_bytes']), knownValue(facts['memory.total_bytes'])];
    const figures =
      available === undefined || total === undefined ? '' : `; ${bytes(available)} of ${bytes(total)} can still be had`;
    const critical = sign.pressure === 'critical';
    return {
      seen: `${sign.seen}${figures}.`,
      severity: critical ? 'blocks' : 'warns',
      remedy: [
        'Close what takes most, or use a smaller model or window. The largest programs:',
        largest(knownValue(facts['os.family'])),
      ],
      effect: critical ? { kind: 'no-tickets' } : { kind: 'dearer', because: 'memory-pressure' },
    };
  },
});

interface Sign {
  readonly pressure: Pressure;
  readonly seen: string;
}

function systemVerdict(facts: Facts): Sign | undefined {
  const pressure = knownValue(facts['memory.pressure']);
  return pressure === undefined ? undefined : { pressure, seen: `The system reports ${pressure} memory pressure` };
}

/** A tenth of the time is where work on the machine is felt to stand still. */
const stalledShare = 0.1;

function stalls(facts: Facts): Sign | undefined {
  const some = knownValue(facts['memory.stall_10s']);
  const full = knownValue(facts['memory.stall_full_10s']);
  if (some === undefined || full === undefined) return undefined;
  const seen = (share: number): string => `waited for memory in ${percent(share)} of the last 10 s`;
  if (full >= stalledShare) return { pressure: 'critical', seen: `Everything ${seen(full)}` };
  if (some >= stalledShare) return { pressure: 'warn', seen: `Some work ${seen(some)}` };
  return { pressure: 'normal', seen: '' };
}

function largest(system: FactTable['os.family'] | undefined) {
  if (system === 'windows')
    return powershell(
      'Get-Process | Sort-Object WorkingSet64 -Descending | Select-Object -First 8 Name,Id,WorkingSet64',
    );
  return sh(
    system === 'macos' ? 'top -l 1 -o mem -n 8 -stats pid,command,mem' : 'ps -eo pid,comm,rss --sort=-rss | head -9',
  );
}
