import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';
import { bytes, gib } from '../words.ts';

/** Less room than this and no model of use fits beside the agent. */
const tightBytes = 2 * gib;

export const containerMemoryLimit = landmine({
  code: 'container-memory-limit',
  title: 'A memory limit holds here, not the memory of the machine',
  group: 'wsl',
  severity: 'warns',
  on: ['linux'],
  needs: ['memory.total_bytes'],
  reads: ['memory.limit_bytes', 'memory.limit_used_bytes'],
  means: 'Whatever goes over the limit is killed at once, the engine first. Models are sized by the limit.',
  story:
    'Containers and services can be held to a share of the memory (memory.max of their control group). The usual figures, /proc/meminfo ' +
    'among them, go on showing the whole machine. Pages of a mapped model file count as cache and can be taken back; locked ones cannot.',
  sources: [vendor('Linux kernel documentation: control group v2, memory controller', '2026')],
  example: {
    'os.family': 'linux',
    'memory.total_bytes': 64 * gib,
    'memory.limit_bytes': 4 * gib,
    'memory.limit_used_bytes': 2.9 * gib,
  },
  counterExample: { 'os.family': 'linux', 'memory.total_bytes': 64 * gib, 'memory.limit_bytes': 64 * gib },
  judge({ 'memory.total_bytes': total }, facts) {
    // Without a limit the fact is absent.
    const limit = knownValue(facts['memory.limit_bytes']) ?? total;
    if (limit >= total) return 'ok';
    const used = knownValue(facts['memory.limit_used_bytes']);
    const tight = limit - (used ?? 0) < tightBytes;
    return {
      seen: `The limit is ${bytes(limit)} on a machine with ${bytes(total)}${used === undefined ? '' : `; ${bytes(used)} of it are used`}.`,
      severity: tight ? 'warns' : 'notes',
      remedy: ['If it is too small for your model, start the container with more:', sh('docker run --memory 32g ...')],
    };
  },
});
