import { knownValue } from '../../contract/machine/fact.ts';
import { powershell, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';

/** Milliseconds, when .wslconfig does not say otherwise. */
const usualTimeoutMs = 60_000;

export const wslIdleShutdown = landmine({
  code: 'wsl-idle-shutdown',
  title: 'Windows ends WSL soon after its last window is closed',
  group: 'wsl',
  severity: 'warns',
  on: ['linux'],
  only: ['wsl'],
  needs: ['os.wsl', 'os.init'],
  reads: ['wsl.config'],
  means:
    'The agent ends with it, in the middle of whatever it serves, and does not come back until WSL is opened again.',
  story:
    'The virtual machine of WSL2 is shut down a minute after the last process that Windows knows of has ended (vmIdleTimeout in .wslconfig). A ' +
    'user service under systemd keeps it up; a program left in the background of a closed terminal does not.',
  sources: [vendor('Microsoft, WSL documentation: advanced settings (.wslconfig), vmIdleTimeout', '2026-07-30')],
  example: { 'os.family': 'linux', 'os.wsl': 2, 'os.init': 'other', 'wsl.config': {} },
  counterExample: { 'os.family': 'linux', 'os.wsl': 2, 'os.init': 'systemd', 'wsl.config': {} },
  judge({ 'os.wsl': wsl, 'os.init': init }, facts) {
    if (wsl !== 2) return 'not-applicable';
    if (init === 'systemd') return 'ok';
    const config = knownValue(facts['wsl.config']) ?? {};
    const set = Object.entries(config).find(([key]) => /(^|\.)vmIdleTimeout$/i.test(key))?.[1];
    const timeoutMs = set === undefined ? usualTimeoutMs : Number(set);
    // Negative: never.
    if (timeoutMs < 0) return 'ok';
    return {
      seen: `This distribution runs without systemd, and WSL ends ${Number.isFinite(timeoutMs) ? `${Math.round(timeoutMs / 1_000)} s` : 'some time'} after its last window.`,
      remedy: [
        'Switch systemd on (the line systemd=true below [boot]), then start WSL anew from Windows:',
        sudo('nano /etc/wsl.conf'),
        powershell('wsl --shutdown'),
      ],
    };
  },
});
