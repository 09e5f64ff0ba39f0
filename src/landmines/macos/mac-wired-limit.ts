import { sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, thread } from '../sources.ts';
import { bytes, gib } from '../words.ts';

/** With less left for everything else macOS was seen to panic; our own figure, on the careful side. */
const leastForSystem = 8 * gib;

export const macWiredLimit = landmine({
  code: 'mac-wired-limit',
  title: 'The GPU memory limit was raised too far',
  group: 'macos',
  severity: 'warns',
  on: ['macos'],
  needs: ['apple.wired_limit_bytes', 'memory.total_bytes'],
  means:
    'The GPU may now lock memory that macOS itself needs. Under a long context that ends in a frozen Mac or a kernel panic.',
  story:
    'The setting iogpu.wired_limit_mb lets the GPU wire more than macOS would allow. It is in MiB, 0 stands for the default of macOS (not ' +
    'for no memory), it needs root, and it is gone after a restart. Panics were reported for 24 GB Macs with nine tenths given away.',
  sources: [
    capture('sysctl iogpu.wired_limit_mb, default and raised', '2026-08'),
    thread('jundot/omlx', 1533, '2026'),
    thread('raullenchai/Rapid-MLX', 322, '2026'),
    thread('ml-explore/mlx', 3186, '2026'),
  ],
  example: { 'os.family': 'macos', 'apple.wired_limit_bytes': 23 * gib, 'memory.total_bytes': 24 * gib },
  counterExample: { 'os.family': 'macos', 'apple.wired_limit_bytes': 112 * gib, 'memory.total_bytes': 128 * gib },
  judge({ 'apple.wired_limit_bytes': limit, 'memory.total_bytes': total }) {
    if (limit === 0) return 'ok';
    // A small Mac cannot leave 8 GiB: a quarter then.
    const least = Math.min(leastForSystem, total / 4);
    if (total - limit >= least) return 'ok';
    return {
      seen: `iogpu.wired_limit_mb lets the GPU wire ${bytes(limit)} of ${bytes(total)}; ${bytes(Math.max(0, total - limit))} are left for everything else.`,
      remedy: [`Leave at least ${bytes(least)}; 0 brings back the default:`, sudo('sysctl iogpu.wired_limit_mb=0')],
      effect: { kind: 'reserve-memory', bytes: least },
    };
  },
});
