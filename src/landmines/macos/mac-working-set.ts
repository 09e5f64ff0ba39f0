import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, thread, vendor } from '../sources.ts';
import { bytes, gib } from '../words.ts';

/** Left for the system beside everything we plan. */
const reserveBytes = 2 * gib;

export const macWorkingSet = landmine({
  code: 'mac-working-set',
  title: 'Metal would allow more memory than is really free',
  group: 'macos',
  severity: 'warns',
  dependsOn: ['memory-pressure'],
  on: ['macos'],
  needs: ['apple.working_set_bytes', 'memory.available_bytes'],
  means:
    "Engines that plan by Metal's limit push other programs into swap, or freeze the Mac. We plan by the smaller of the two, less 2 GiB.",
  story:
    'Metal names a recommended working set: how much the GPU may use. It knows nothing of what else runs. The share of memory it allows has ' +
    'changed with macOS (two thirds of 16 GB on older ones, 74 % on newer, 84 % of 128 GB on macOS 26), so it is read, never computed. ' +
    'llama.cpp prints it in decimal megabytes. MLX wires all of it unless it is told otherwise, which froze a 16 GB Mac mini.',
  belief: {
    held: 'A Mac can give three quarters of its memory to the GPU.',
    found:
      'The share differs by size and macOS version, and is a limit, not a promise: what is available now is often less.',
  },
  sources: [
    capture('Start logs of llama.cpp on Macs with 16 and 128 GB', '2026-08'),
    vendor('Apple, Metal: recommendedMaxWorkingSetSize', '2026'),
    thread('antirez/ds4', 893, '2026-08'),
    thread('exo-explore/exo', 1672, '2026'),
  ],
  example: { 'os.family': 'macos', 'apple.working_set_bytes': 16 * gib, 'memory.available_bytes': 6.4 * gib },
  counterExample: { 'os.family': 'macos', 'apple.working_set_bytes': 16 * gib, 'memory.available_bytes': 19 * gib },
  judge({ 'apple.working_set_bytes': limit, 'memory.available_bytes': available }) {
    if (available - reserveBytes >= limit) return 'ok';
    // Ordinary use takes some; less than half is what makes plans fail.
    const short = available - reserveBytes < limit / 2;
    return {
      seen: `Metal allows ${bytes(limit)}; ${bytes(available)} can really be had now.`,
      severity: short ? 'warns' : 'notes',
      remedy: [
        'Quit large programs before loading a model. The largest now:',
        sh('top -l 1 -o mem -n 8 -stats pid,command,mem'),
      ],
      effect: { kind: 'reserve-memory', bytes: reserveBytes },
    };
  },
});
