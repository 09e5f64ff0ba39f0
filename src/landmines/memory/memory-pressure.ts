import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts, FactTable } from '../../contract/machine/facts.ts';
import type { Effect } from '../../contract/machine/finding.ts';
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
    'Linux by the share of time in which tasks waited for memory (PSI). Counting free pages tells little: a healthy Mac keeps them near zero. ' +
    'The time that tasks waited is that of the last 10 s, which is often over before anybody has read this: it makes the machine the ' +
    'last choice, and the agent, which looks every few seconds, takes nothing for as long as it lasts.',
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
    if (sign === 'calm') return 'ok';
    const [available, total] = [knownValue(facts['memory.available_bytes']), knownValue(facts['memory.total_bytes'])];
    const figures =
      available === undefined || total === undefined ? '' : `; ${bytes(available)} of ${bytes(total)} can still be had`;
    return {
      seen: `${sign.seen}${figures}.`,
      severity: sign.effect.kind === 'no-tickets' ? 'blocks' : 'warns',
      remedy: [
        'Close what takes most, or use a smaller model or window. The largest programs:',
        largest(knownValue(facts['os.family'])),
      ],
      effect: sign.effect,
    };
  },
});

type Sign = 'calm' | { readonly seen: string; readonly effect: Effect };

const dearer: Effect = { kind: 'dearer', because: 'memory-pressure' };

function systemVerdict(facts: Facts): Sign | undefined {
  const pressure = knownValue(facts['memory.pressure']);
  if (pressure === undefined) return undefined;
  if (pressure === 'normal') return 'calm';
  const effect: Effect = pressure === 'critical' ? { kind: 'no-tickets' } : dearer;
  return { seen: `The system reports ${pressure} memory pressure`, effect };
}

/** A tenth of the time is where work on the machine is felt to stand still. */
const stalledShare = 0.1;

function stalls(facts: Facts): Sign | undefined {
  const some = knownValue(facts['memory.stall_10s']);
  const full = knownValue(facts['memory.stall_full_10s']);
  if (some === undefined || full === undefined) return undefined;
  const seen = (share: number): string => `waited for memory in ${percent(share)} of the last 10 s`;
  // A judgement stands for longer than what it is made from: the agent itself says `pressed`, and when it is over.
  if (full >= stalledShare) return { seen: `Everything ${seen(full)}`, effect: { kind: 'last-resort' } };
  return some >= stalledShare ? { seen: `Some work ${seen(some)}`, effect: dearer } : 'calm';
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
