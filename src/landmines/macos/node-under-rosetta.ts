import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const nodeUnderRosetta = landmine({
  code: 'node-under-rosetta',
  title: 'Node runs in translation on an Apple silicon Mac',
  group: 'macos',
  severity: 'breaks',
  on: ['macos'],
  needs: ['os.architecture', 'apple.chip'],
  means:
    'npm then installs the engine for Intel, which knows no Metal: the GPU is not used and the processor works in translation.',
  story:
    'A Node for Intel Macs runs on Apple silicon through Rosetta without a word. It comes from an old installation carried over, from a ' +
    'Homebrew in /usr/local, or from a terminal that is itself set to open with Rosetta.',
  sources: [unverified('How an Intel Node gets onto such Macs')],
  example: { 'os.family': 'macos', 'os.architecture': 'x64', 'apple.chip': 'Apple M2' },
  counterExample: { 'os.family': 'macos', 'os.architecture': 'arm64', 'apple.chip': 'Apple M2' },
  judge({ 'os.architecture': architecture, 'apple.chip': chip }) {
    if (!/apple/i.test(chip)) return 'not-applicable';
    if (architecture !== 'x64') return 'ok';
    return {
      seen: `The chip is ${chip}, and this Node was built for x64.`,
      remedy: [
        'Install Node for arm64, then Metalyard again. This must name arm64:',
        sh('file "$(command -v node)"'),
        sh('npm install -g metalyard'),
      ],
      effect: { kind: 'no-backend', backend: 'metal' },
    };
  },
});
