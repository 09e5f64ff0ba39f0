import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';
import { counted } from '../words.ts';

export const macQuarantine = landmine({
  code: 'mac-quarantine',
  title: 'macOS holds downloaded program files in quarantine',
  group: 'macos',
  severity: 'breaks',
  on: ['macos'],
  needs: ['security.quarantined'],
  means: 'macOS refuses to load them, and the engine fails to start with "cannot be opened" or is killed.',
  story:
    'Browsers and some download tools mark files with the attribute com.apple.quarantine; macOS then demands a signature it accepts. npm ' +
    'does not set it, so a normal installation is free of it. It comes with archives fetched by hand.',
  sources: [unverified('Behaviour of Gatekeeper with unsigned libraries')],
  example: {
    'os.family': 'macos',
    'security.quarantined': ['node_modules/@node-llama-cpp/mac-arm64-metal/bins/llama-addon.node'],
  },
  counterExample: { 'os.family': 'macos', 'security.quarantined': [] },
  judge({ 'security.quarantined': marked }) {
    const [first] = marked;
    if (first === undefined) return 'ok';
    return {
      seen: `${counted(marked.length, 'file')} of ours ${marked.length === 1 ? 'is' : 'are'} marked, for one ${first}.`,
      remedy: [
        'If you trust where it came from, take the mark away:',
        sh('xattr -dr com.apple.quarantine "$(npm root -g)/metalyard"'),
      ],
      effect: { kind: 'no-backend', backend: 'metal' },
    };
  },
});
