import { knownValue } from '../../contract/machine/fact.ts';
import { sudo } from '../commands.ts';
import { gpu } from '../examples.ts';
import { gpuNames } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture, unverified } from '../sources.ts';

const server = gpu({ vendor: 'nvidia', name: 'Quadro RTX 4000', totalMib: 8192, display: false, persistence: false });

export const persistenceOff = landmine({
  code: 'persistence-off',
  title: 'The NVIDIA driver unloads when nobody uses the GPU',
  group: 'nvidia',
  severity: 'notes',
  on: ['linux'],
  only: ['nvidia'],
  needs: ['nvidia.gpus'],
  reads: ['nvidia.persistence_daemon', 'os.wsl'],
  means:
    'On a machine without a screen the driver starts anew for each first user of the GPU, which takes seconds. An agent that keeps a model loaded hides this.',
  story:
    'Without a display server nothing holds the GPU open, and Linux lets the driver go when the last program ends. The next start pays ' +
    'for it; settings made with nvidia-smi are lost too. NVIDIA ships a small service that holds the GPU open. In WSL the setting means nothing.',
  sources: [
    capture('nvidia-smi of a headless server with two Quadro RTX 4000', '2024-02'),
    unverified('1 to 3 s per start'),
  ],
  example: { 'os.family': 'linux', 'os.wsl': 0, 'nvidia.gpus': [server], 'nvidia.persistence_daemon': false },
  counterExample: {
    'os.family': 'linux',
    'os.wsl': 0,
    'nvidia.gpus': [gpu({ vendor: 'nvidia', name: 'RTX 3060', display: false, persistence: true })],
  },
  judge({ 'nvidia.gpus': gpus }, facts) {
    if ((knownValue(facts['os.wsl']) ?? 0) > 0 || gpus.length === 0) return 'not-applicable';
    const off = gpus.filter(
      ({ persistence_mode, display_attached }) =>
        knownValue(persistence_mode) === false && knownValue(display_attached) === false,
    );
    if (off.length === 0 || knownValue(facts['nvidia.persistence_daemon']) === true) return 'ok';
    return {
      seen: `No display and persistence mode off: ${gpuNames(off)}.`,
      remedy: ['Start the service that comes with the driver:', sudo('systemctl enable --now nvidia-persistenced')],
    };
  },
});
