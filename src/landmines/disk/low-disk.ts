import { knownValue } from '../../contract/machine/fact.ts';
import { powershell, sh } from '../commands.ts';
import { disk } from '../examples.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';
import { bytes, gib } from '../words.ts';

const littleBytes = 10 * gib;
/** Ledger and logs need room; below this even they are in danger. */
const nothingBytes = 0.5 * gib;

export const lowDisk = landmine({
  code: 'low-disk',
  title: 'The disk with the models is nearly full',
  group: 'disk',
  severity: 'breaks',
  needs: ['disk.models'],
  means: 'There is no room for another model. When it is quite full, log and ledger cannot be written either.',
  story:
    'A model takes 2 to 40 GB. A download that runs into a full disk fails late. What can be deleted best are old models of other tools.',
  sources: [unverified('10 GiB as the border: room for one more model of middle size')],
  example: { 'os.family': 'linux', 'disk.models': disk({ freeGib: 3.2 }) },
  counterExample: { 'os.family': 'linux', 'disk.models': disk({ freeGib: 180 }) },
  judge({ 'disk.models': { mount, free_bytes } }, facts) {
    const free = knownValue(free_bytes);
    if (free === undefined) return { cannotTell: 'how much of the disk with the models is free' };
    if (free >= littleBytes) return 'ok';
    return {
      seen: `${bytes(free)} are free on ${mount}.`,
      severity: free < nothingBytes ? 'breaks' : 'warns',
      remedy: [
        'Look for models you no longer use; other tools keep theirs here:',
        knownValue(facts['os.family']) === 'windows'
          ? powershell(
              'Get-ChildItem "$env:USERPROFILE\\.ollama","$env:USERPROFILE\\.cache\\huggingface","$env:USERPROFILE\\.lmstudio" -Recurse -File | Measure-Object Length -Sum',
            )
          : sh('du -sh ~/.ollama ~/.cache/huggingface ~/.lmstudio 2>/dev/null'),
      ],
    };
  },
});
