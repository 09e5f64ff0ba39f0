import { powershell, sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';

export const wslNoGpu = landmine({
  code: 'wsl-no-gpu',
  title: 'WSL has no way to the GPU',
  group: 'wsl',
  severity: 'warns',
  dependsOn: ['wsl1'],
  on: ['linux'],
  only: ['wsl'],
  needs: ['os.wsl', 'wsl.gpu_device'],
  means: 'Without /dev/dxg nothing in WSL can use a GPU. If this PC has none, there is nothing to mend.',
  story:
    'WSL2 hands the GPU through a device of its own, /dev/dxg, next to the libraries in /usr/lib/wsl/lib. It is missing with an old WSL ' +
    'or an old Windows, in a virtual machine without nested access, and when Windows has no driver for the GPU itself.',
  sources: [vendor('Microsoft, WSL documentation: GPU computing', '2026-07-30')],
  example: { 'os.family': 'linux', 'os.wsl': 2, 'wsl.gpu_device': false },
  counterExample: { 'os.family': 'linux', 'os.wsl': 2, 'wsl.gpu_device': true },
  judge({ 'os.wsl': wsl, 'wsl.gpu_device': device }) {
    if (wsl === 0) return 'not-applicable';
    if (device) return 'ok';
    return {
      seen: 'There is no /dev/dxg.',
      remedy: [
        'In PowerShell: update WSL and start it anew; install a current GPU driver in Windows. Then look again:',
        powershell('wsl --update; wsl --shutdown'),
        sh('ls -l /dev/dxg /usr/lib/wsl/lib/'),
      ],
    };
  },
});
