import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { thread, unverified } from '../sources.ts';
import { bytes, gib } from '../words.ts';
import { pressureBesideSwap, pressureFacts, swapSign } from './pressure.ts';

export const swapFilling = landmine({
  code: 'swap-filling',
  title: 'Memory goes to swap',
  group: 'memory',
  severity: 'blocks',
  isGoverned: true,
  dependsOn: ['memory-pressure'],
  on: ['macos'],
  needs: ['memory.swap_total_bytes', 'memory.swap_used_bytes'],
  reads: pressureFacts.filter((name) => name !== 'memory.swap_total_bytes' && name !== 'memory.swap_used_bytes'),
  means:
    'Memory is short, and what is in use goes to disk. When there is no more room for that, macOS ends programs or freezes, whatever its pressure level says.',
  story:
    'macOS compresses memory before it swaps, and its pressure level can read normal while swap is nearly full (reported in 2026 for an ' +
    'M5). So swap is watched beside it. While memory is short (the pressure level is not normal, or less than half of what is kept for the ' +
    "owner can still be had: 1 GiB, on a small Mac a sixteenth), what counts is how fast it grows: an eighth of the owner's reserve (256 MiB) " +
    'in half a minute is an emergency, and the models are unloaded. The agent counts it; where it has not yet, a swap of which nine tenths are used ' +
    'counts instead. Without shortage a full swap says nothing: macOS makes swap files as it needs them and keeps them, so the total ' +
    'follows what is used. A large model that was loaded beside other programs is the usual cause.',
  belief: {
    held: 'A Mac whose swap is more than half full is short of memory.',
    found:
      'The total is no limit: it is what was made so far, so the share that is used says little by itself and may stay high for long after ' +
      'memory has become free. It counts only beside another sign, and less than what goes there now.',
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
    const short = pressureBesideSwap(facts);
    const swap = swapSign(facts);
    if (swap === null) return 'ok';
    if (short.level === 'normal') {
      const isTold = facts['memory.pressure']?.known === true || facts['memory.available_bytes']?.known === true;
      return isTold ? 'ok' : { cannotTell: 'how short of memory the system is besides is not known' };
    }
    return {
      seen: `${swap.charAt(0).toUpperCase()}${swap.slice(1)} (${bytes(used)} of ${bytes(total)} are used), and ${short.because}.`,
      severity: 'blocks',
      remedy: [
        'Quit large programs; if it stays, restart the Mac, which empties swap. Then use a smaller model or window. To watch it:',
        sh('sysctl vm.swapusage'),
      ],
      // With either sign beside the other.
      effect: { kind: 'paused', unloads: true },
    };
  },
});
