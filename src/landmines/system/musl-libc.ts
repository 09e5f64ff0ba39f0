import { sh } from '../commands.ts';
import { engineBinaries } from '../data/engine-builds.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';

export const muslLibc = landmine({
  code: 'musl-libc',
  title: 'This Linux uses musl; the engine is built for glibc',
  group: 'system',
  severity: 'blocks',
  on: ['linux'],
  needs: ['os.libc'],
  means:
    'No engine binary loads on musl. This machine can be a gateway, or attach a server that already runs; it cannot run our engine.',
  story:
    'Alpine, postmarketOS, Chimera and one flavour of Void use musl in place of glibc. Programs built for the one do not load on the ' +
    'other, and the engine comes as prebuilt binaries for glibc only. Which of the two a system uses is not told by its name: Void ' +
    'has both, Wolfi looks like Alpine and has glibc. So it is read from the running Node instead.',
  sources: [engineBinaries, capture('os-release of Alpine 3.22.1, postmarketOS v25.12 and Void', '2026-01')],
  example: { 'os.family': 'linux', 'os.libc': { kind: 'musl', version: '1.2.5' } },
  counterExample: { 'os.family': 'linux', 'os.libc': { kind: 'glibc', version: '2.39' } },
  judge({ 'os.libc': libc }) {
    if (libc.kind !== 'musl') return 'ok';
    return {
      seen: `The C library is musl${libc.version === '' ? '' : ` ${libc.version}`}.`,
      remedy: ['Run the agent in a container with glibc:', sh('docker run -it --network host node:24-bookworm bash')],
      effect: { kind: 'no-engine' },
    };
  },
});
