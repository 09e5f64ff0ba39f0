import { powershell } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, vendor } from '../sources.ts';

export const wsl1 = landmine({
  code: 'wsl1',
  title: 'This is WSL 1, which has no GPU',
  group: 'wsl',
  severity: 'breaks',
  on: ['linux'],
  only: ['wsl'],
  needs: ['os.wsl'],
  means:
    'WSL 1 translates system calls and has no Linux kernel, so no GPU and slow files. Metalyard is not made for it.',
  story:
    'WSL comes in two kinds that look alike from inside. Version 1 reports a kernel 4.4.0 with "Microsoft" in its name; version 2 runs a ' +
    'real kernel in a small virtual machine and can use the GPU of Windows. A distribution is converted by one command and keeps its files.',
  sources: [
    vendor('Microsoft, WSL documentation: comparing WSL versions', '2026-07-30'),
    capture('/proc/version of WSL1 and WSL2', '2026'),
  ],
  example: { 'os.family': 'linux', 'os.wsl': 1, 'os.kernel': '4.4.0-19041-Microsoft' },
  counterExample: { 'os.family': 'linux', 'os.wsl': 2, 'os.kernel': '6.6.87.2-microsoft-standard-WSL2' },
  judge({ 'os.wsl': wsl }, facts) {
    if (wsl === 0) return 'not-applicable';
    if (wsl === 2) return 'ok';
    const kernel = facts['os.kernel'];
    return {
      seen: `The kernel calls itself ${kernel?.known ? kernel.value : 'WSL 1'}.`,
      remedy: [
        'In PowerShell, with the name the first command prints; or run Metalyard in Windows itself:',
        powershell('wsl --list --verbose'),
        powershell('wsl --set-version Ubuntu 2'),
      ],
      effect: { kind: 'last-resort' },
    };
  },
});
