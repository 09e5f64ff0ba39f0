import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { thread, unverified } from '../sources.ts';
import { bytes, gib, percent } from '../words.ts';

export const swapFilling = landmine({
  code: 'swap-filling',
  title: 'Swap is filling up',
  group: 'memory',
  severity: 'blocks',
  dependsOn: ['memory-pressure'],
  on: ['macos'],
  needs: ['memory.swap_total_bytes', 'memory.swap_used_bytes'],
  reads: ['memory.pressure', 'memory.available_bytes', 'memory.total_bytes'],
  means:
    'Memory is short, and much of what is in use has gone to disk. When swap is full too, macOS ends programs or freezes, whatever its pressure level says.',
  story:
    'macOS compresses memory before it swaps, and its pressure level can read normal while swap is nearly full (reported in 2026 for an ' +
    'M5). So swap is watched beside it: while memory is short, half full is a warning and nine tenths is critical. Short means that the ' +
    'pressure level is not normal, or that less than 1 GiB (on a small Mac a sixteenth) can still be had. Without that a full swap says ' +
    'nothing: macOS makes swap files as it needs them and keeps them, so the total follows what is used. A large model that was loaded ' +
    'beside other programs is the usual cause.',
  belief: {
    held: 'A Mac whose swap is more than half full is short of memory.',
    found:
      'The total is no limit: it is what was made so far, so the share that is used says little by itself and may stay high for long after ' +
      'memory has become free. It counts only beside another sign.',
  },
  sources: [
    unverified('A verdict of "normal" with swap 98 % full on an M5, from a public report of 2026-09'),
    unverified('macOS makes swap files as it needs them and seldom gives them back before a restart'),
    thread('exo-explore/exo', 1672, '2026'),
  ],
  example: {
    'os.family': 'macos',
    'memory.swap_total_bytes': 8 * gib,
    'memory.swap_used_bytes': 7.7 * gib,
    'memory.pressure': 'normal',
    'memory.available_bytes': 0.6 * gib,
    'memory.total_bytes': 24 * gib,
  },
  counterExample: {
    'os.family': 'macos',
    'memory.swap_total_bytes': gib,
    'memory.swap_used_bytes': 0.93 * gib,
    'memory.pressure': 'normal',
    'memory.available_bytes': 20 * gib,
    'memory.total_bytes': 64 * gib,
  },
  judge({ 'memory.swap_total_bytes': total, 'memory.swap_used_bytes': used }, facts) {
    if (total === 0 || used <= total * 0.5) return 'ok';
    const short = shortage(facts);
    if (short === undefined) return { cannotTell: 'how short of memory the system is besides is not known' };
    if (short === '') return 'ok';
    const critical = used > total * 0.9;
    return {
      seen: `${bytes(used)} of ${bytes(total)} of swap are used (${percent(used / total)}), and ${short}.`,
      severity: critical ? 'blocks' : 'warns',
      remedy: [
        'Quit large programs; if it stays, restart the Mac, which empties swap. Then use a smaller model or window. To watch it:',
        sh('sysctl vm.swapusage'),
      ],
      effect: { kind: critical ? 'no-tickets' : 'last-resort' },
    };
  },
});

/** Below this much that can still be had, memory is short; of a sixteenth of the machine, if that is less. The governor warns there as well. */
const little = gib;

/** What shows, besides swap, that memory is short: '' when it is not, undefined when that is not known. */
function shortage(facts: Facts): string | undefined {
  const pressure = knownValue(facts['memory.pressure']);
  if (pressure !== undefined && pressure !== 'normal') return `the system reports ${pressure} memory pressure`;
  const available = knownValue(facts['memory.available_bytes']);
  if (available === undefined) return pressure === undefined ? undefined : '';
  const total = knownValue(facts['memory.total_bytes']) ?? Number.POSITIVE_INFINITY;
  return available < Math.min(little, total / 16) ? `${bytes(available)} of memory can still be had` : '';
}
