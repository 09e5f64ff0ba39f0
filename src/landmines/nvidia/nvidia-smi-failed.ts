import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified, vendor } from '../sources.ts';

export const nvidiaSmiFailed = landmine({
  code: 'nvidia-smi-failed',
  title: 'nvidia-smi is there and tells nothing that can be understood',
  group: 'nvidia',
  severity: 'warns',
  dependsOn: ['wsl-linux-driver', 'wsl1', 'nvidia-version-mismatch', 'container-no-gpu'],
  only: ['nvidia'],
  needs: [],
  reads: ['nvidia.failure', 'nvidia.gpus', 'os.container'],
  means: 'Nothing is known of the NVIDIA GPUs of this machine, if it has any; Metalyard plans without them.',
  story:
    'nvidia-smi ends with an error that names no cause we know, does not find the library of the driver (libnvidia-ml.so, nvml.dll), or prints ' +
    'without an end. A part of the driver is missing or of another version, or a program of that name stands in its place on the PATH. In a Docker container ' +
    'that had its GPU through the older hook, "Failed to initialize NVML: Unknown Error" follows when systemd of the host was reloaded: the ' +
    'container lost its devices, and gets them back when it is started again. With CDI it keeps them.',
  sources: [
    vendor("NVIDIA's manual page of nvidia-smi, return values", '2026'),
    unverified('GPUs of a container lost after systemctl daemon-reload'),
  ],
  example: { 'os.family': 'linux', 'nvidia.failure': 'other' },
  counterExample: { 'os.family': 'linux', 'nvidia.failure': 'none' },
  judge(_, facts) {
    const failure = facts['nvidia.failure'];
    if (failure === undefined) return { cannotTell: 'nobody asked nvidia-smi' };
    if (knownValue(facts['nvidia.gpus']) !== undefined) return 'ok';
    const seen = failure.known ? failures[failure.value] : failure.reason === 'failed' ? failure.detail : undefined;
    if (seen === undefined) return failure.known ? 'ok' : { cannotTell: failure.detail };
    return {
      seen: `nvidia-smi gives no list of GPUs: ${seen}.`,
      remedy: [
        ...((knownValue(facts['os.container']) ?? 'none') === 'none'
          ? []
          : [
              'In this container: if it worked before, start the container again, and hand the GPU in by CDI next time:',
              sh('docker run --device nvidia.com/gpu=all'),
            ]),
        'See what it says and which program it is, then install the driver again, whole:',
        sh('nvidia-smi -L'),
        knownValue(facts['os.family']) === 'windows' ? sh('where nvidia-smi') : sh('command -v nvidia-smi'),
      ],
    };
  },
});

const failures: Readonly<Record<string, string>> = {
  other: 'it ends with an error we do not know',
  'library-missing': 'it does not find the library of the driver',
};
