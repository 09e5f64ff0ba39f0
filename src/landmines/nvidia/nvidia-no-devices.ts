import { knownValue } from '../../contract/machine/fact.ts';
import { sh, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, unverified } from '../sources.ts';

export const nvidiaNoDevices = landmine({
  code: 'nvidia-no-devices',
  title: 'The NVIDIA driver runs and sees no GPU',
  group: 'nvidia',
  severity: 'breaks',
  dependsOn: ['container-no-gpu', 'hybrid-graphics'],
  only: ['nvidia'],
  needs: ['nvidia.failure'],
  means: 'Driver and GPU do not belong together, or the GPU has left the bus. Models run on the processor.',
  story:
    'Three things end in "No devices were found": the GPU is too old for the driver branch (R580 is said to be the last for Maxwell, ' +
    'Pascal and Volta, R470 for Kepler), the GPU dropped off the bus (a loose power cable or riser does that), or a container was given ' +
    'the libraries without the device.',
  sources: [
    capture('"No devices were found", text of NVML', '2026'),
    unverified('R580 as the last branch for Maxwell, Pascal and Volta'),
  ],
  example: { 'os.family': 'linux', 'nvidia.failure': 'no-devices', 'nvidia.module_version': '595.80' },
  counterExample: { 'os.family': 'linux', 'nvidia.failure': 'none' },
  judge({ 'nvidia.failure': failure }, facts) {
    if (failure !== 'no-devices') return 'ok';
    const driver = knownValue(facts['nvidia.driver']) ?? knownValue(facts['nvidia.module_version']);
    return {
      seen: `nvidia-smi answers "No devices were found"${driver === undefined ? '' : ` with driver ${driver}`}.`,
      remedy: [
        'A GTX 900, GTX 10 or TITAN V card needs a driver of the 580 branch: install that one. Otherwise look for errors of the bus, power off, and seat the card again:',
        ...(knownValue(facts['os.family']) === 'windows'
          ? []
          : [sudo('dmesg | grep -iE "xid|nvrm|fallen off"'), sh('lspci -nn -d 10de:')]),
      ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});
