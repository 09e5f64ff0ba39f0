import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts, FactTable } from '../../contract/machine/facts.ts';
import { powershell, sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, vendor } from '../sources.ts';
import { bytes, gib } from '../words.ts';
import { governed, pressureFacts, pressureOf } from './pressure.ts';

export const memoryPressure = landmine({
  code: 'memory-pressure',
  title: 'The system is short of memory now',
  group: 'memory',
  severity: 'blocks',
  isGoverned: true,
  needs: ['os.family'],
  reads: pressureFacts,
  means:
    'A system that must swap stalls everything on it, and may end the engine or freeze. Metalyard waits until it has passed.',
  story:
    'How short memory is, the system says best itself: macOS by its pressure level (1 normal, 2 warn, 4 critical; any user may read it), ' +
    'Linux by the share of time in which tasks waited for memory (PSI). Counting free pages tells little: a healthy Mac keeps them near zero. ' +
    'Beside that, what can still be had is held against what is kept for the owner: half of that gone is a warning, four ' +
    'fifths an emergency; on a GPU with a display likewise. The agent goes by the same signs: it looks every five seconds, takes no new ' +
    'request while there is one and for a minute after, and unloads its models when it sees an emergency twice.',
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
    const sign = pressureOf(facts);
    const effect = governed(sign);
    if (effect === undefined)
      return isTold(facts) ? 'ok' : { cannotTell: 'the system does not tell how short of memory it is' };
    const [available, total] = [knownValue(facts['memory.available_bytes']), knownValue(facts['memory.total_bytes'])];
    const figures =
      available === undefined || total === undefined ? '' : `; ${bytes(available)} of ${bytes(total)} can still be had`;
    return {
      seen: `${sign.because.charAt(0).toUpperCase()}${sign.because.slice(1)}${figures}.`,
      severity: sign.level === 'critical' ? 'blocks' : 'warns',
      remedy: [
        'Close what takes most, or use a smaller model or window. The largest programs:',
        largest(knownValue(facts['os.family'])),
      ],
      effect,
    };
  },
});

/** One of the signs can be seen at all. */
const isTold = (facts: Facts): boolean =>
  facts['memory.pressure']?.known === true ||
  facts['memory.stall_10s']?.known === true ||
  (facts['memory.available_bytes']?.known === true && facts['memory.total_bytes']?.known === true);

function largest(system: FactTable['os.family'] | undefined) {
  if (system === 'windows')
    return powershell(
      'Get-Process | Sort-Object WorkingSet64 -Descending | Select-Object -First 8 Name,Id,WorkingSet64',
    );
  return sh(
    system === 'macos' ? 'top -l 1 -o mem -n 8 -stats pid,command,mem' : 'ps -eo pid,comm,rss --sort=-rss | head -9',
  );
}
