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
  means:
    'Memory that is in use has gone to disk. When swap is full too, macOS ends programs or freezes, whatever its pressure level says.',
  story:
    'macOS compresses memory before it swaps, and its pressure level can read normal while swap is nearly full (reported in 2026 for an ' +
    'M5). So swap is watched besides: half full is a warning, nine tenths is critical. A large model that was loaded beside other ' +
    'programs is the usual cause.',
  sources: [
    unverified('A verdict of "normal" with swap 98 % full on an M5, from a public report of 2026-09'),
    thread('exo-explore/exo', 1672, '2026'),
  ],
  example: { 'os.family': 'macos', 'memory.swap_total_bytes': 8 * gib, 'memory.swap_used_bytes': 7.7 * gib },
  counterExample: { 'os.family': 'macos', 'memory.swap_total_bytes': 2 * gib, 'memory.swap_used_bytes': 0.3 * gib },
  judge({ 'memory.swap_total_bytes': total, 'memory.swap_used_bytes': used }) {
    if (total === 0 || used <= total * 0.5) return 'ok';
    const critical = used > total * 0.9;
    return {
      seen: `${bytes(used)} of ${bytes(total)} of swap are used (${percent(used / total)}).`,
      severity: critical ? 'blocks' : 'warns',
      remedy: [
        'Quit large programs; if it stays, restart the Mac, which empties swap. Then use a smaller model or window. To watch it:',
        sh('sysctl vm.swapusage'),
      ],
      effect: { kind: critical ? 'no-tickets' : 'last-resort' },
    };
  },
});
