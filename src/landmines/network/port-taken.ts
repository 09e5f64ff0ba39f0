import { knownValue } from '../../contract/machine/fact.ts';
import { powershell, sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { measured } from '../sources.ts';

export const portTaken = landmine({
  code: 'port-taken',
  title: "Another program listens on the gateway's port",
  group: 'network',
  severity: 'breaks',
  needs: ['metalyard.port_taken_by'],
  reads: ['metalyard.port', 'os.family'],
  means: 'metalyard up cannot start on that port, and a client that is pointed at it talks to something else.',
  story:
    'The gateway listens on 8787 unless told otherwise. A Metalyard that runs already is not meant: doctor asks the port who it is.',
  sources: [measured('What a second listener on the port is told (EADDRINUSE)', '2026-11')],
  example: { 'os.family': 'linux', 'metalyard.port': 8787, 'metalyard.port_taken_by': 'another program' },
  counterExample: { 'os.family': 'linux', 'metalyard.port': 8787, 'metalyard.port_taken_by': '' },
  judge({ 'metalyard.port_taken_by': holder }, facts) {
    if (holder === '') return 'ok';
    const port = knownValue(facts['metalyard.port']);
    return {
      seen: `${port === undefined ? 'The port' : `Port ${port}`} is held by ${holder}.`,
      remedy: [
        'Take another port, or see who has this one:',
        sh(`metalyard up --port ${(port ?? 8787) + 1}`),
        knownValue(facts['os.family']) === 'windows'
          ? powershell(`Get-NetTCPConnection -LocalPort ${port ?? 8787} | Select-Object OwningProcess`)
          : sh(`lsof -nP -iTCP:${port ?? 8787} -sTCP:LISTEN`),
      ],
    };
  },
});
