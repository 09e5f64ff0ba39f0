import { knownValue } from '../../contract/machine/fact.ts';
import { powershell } from '../commands.ts';
import { systemMemoryFallbackFrom } from '../data/cuda.ts';
import { gpu } from '../examples.ts';
import { gpuName } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';
import { olderThan } from '../versions.ts';
import { bytes, percent } from '../words.ts';

/** So little free means that whatever asks for more gets main memory. */
const brimShare = 0.04;
const brimful = gpu({ vendor: 'nvidia', name: 'NVIDIA GeForce RTX 3080', totalMib: 10_240, freeMib: 210 });

export const systemMemoryFallback = landmine({
  code: 'system-memory-fallback',
  title: 'GPU memory spills into main memory',
  group: 'graphics',
  severity: 'slows',
  dependsOn: ['vram-in-use', 'display-takes-vram'],
  only: ['nvidia'],
  needs: ['nvidia.gpus', 'nvidia.driver', 'os.family'],
  reads: ['engine.speed_ratio', 'os.wsl'],
  means:
    'Instead of failing, the driver moves part of the model behind the PCI bus, and writing becomes several times slower without an error.',
  story:
    `NVIDIA drivers for Windows from ${systemMemoryFallbackFrom} on let CUDA programs ask for more than the card has, and put the rest into ` +
    'main memory. Games survive that way; a model crawls. There is no way to read the setting back, so it is recognised by its ' +
    'signs: the memory full to the brim, and the speed far below what this machine has reached before, or what the bandwidth of its GPU allows.',
  sources: [unverified('The driver version, the policy setting, and that decode becomes 5 to 20 times slower')],
  example: {
    'os.family': 'windows',
    'nvidia.driver': '591.86',
    'nvidia.gpus': [brimful],
    'engine.speed_ratio': 0.2,
  },
  counterExample: {
    'os.family': 'windows',
    'nvidia.driver': '591.86',
    'nvidia.gpus': [gpu({ vendor: 'nvidia', name: 'RTX 4090', totalMib: 24_564, freeMib: 22_000 })],
  },
  judge({ 'nvidia.gpus': gpus, 'nvidia.driver': driver, 'os.family': system }, facts) {
    const windowsDriver = system === 'windows' || (knownValue(facts['os.wsl']) ?? 0) > 0;
    if (!windowsDriver || gpus.length === 0 || olderThan(driver, systemMemoryFallbackFrom)) return 'not-applicable';
    const full = gpus.find(({ vram_total_bytes, vram_free_bytes }) => {
      const [total, free] = [knownValue(vram_total_bytes), knownValue(vram_free_bytes)];
      return total !== undefined && free !== undefined && free < total * brimShare;
    });
    if (full === undefined) return 'ok';
    const ratio = knownValue(facts['engine.speed_ratio']);
    const slow = ratio !== undefined && ratio < 0.5;
    return {
      seen:
        `${gpuName(full)} has ${bytes(knownValue(full.vram_free_bytes) ?? 0)} free` +
        `${slow ? `, and the engine runs at ${percent(ratio)} of the speed it should have` : ''}.`,
      severity: slow ? 'slows' : 'warns',
      remedy: [
        'NVIDIA Control Panel > Manage 3D settings > Program Settings > add node.exe > CUDA - Sysmem Fallback Policy: Prefer No Sysmem Fallback. Then use a smaller window or a smaller model:',
        powershell('metalyard up --context-window 8192'),
      ],
      ...(slow ? { effect: { kind: 'slower', factor: ratio } } : {}),
    };
  },
});
