import { knownValue } from '../../contract/machine/fact.ts';
import { landmine } from '../landmine.ts';
import { capture, thread, unverified } from '../sources.ts';

export const macFanless = landmine({
  code: 'mac-fanless',
  title: 'This Mac has no fan',
  group: 'macos',
  severity: 'notes',
  on: ['macos'],
  needs: ['thermal.fanless'],
  reads: ['apple.model'],
  means:
    'Its first answers are faster than those after some minutes of work. The router goes by the speed it has measured lately.',
  story:
    'Every MacBook Air since the M1, and the MacBook Neo, cool by their case alone. Under steady load the chip lowers its clocks. Apple ' +
    'silicon does not tell: pmset -g therm prints three lines that say "no ... recorded" while it happens, and powermetrics needs root. So ' +
    'it is seen in tokens per second.',
  belief: {
    held: '`pmset -g therm` tells whether a Mac is throttled.',
    found: 'On Apple silicon it was seen to say nothing during throttling (M1 Pro, M3).',
  },
  sources: [
    capture('pmset -g therm of an M1 Pro while throttling', '2021-12'),
    thread('exelban/stats', 749, '2021-12'),
    unverified('How much speed is lost; 20 to 40 % is said'),
  ],
  example: { 'os.family': 'macos', 'thermal.fanless': true, 'apple.model': 'MacBookAir10,1' },
  counterExample: { 'os.family': 'macos', 'thermal.fanless': false, 'apple.model': 'Mac16,7' },
  judge({ 'thermal.fanless': fanless }, facts) {
    if (!fanless) return 'ok';
    const model = knownValue(facts['apple.model']);
    return {
      seen: `${model === undefined ? 'The model' : `The model, ${model},`} is one without a fan.`,
      remedy: ['Nothing need be done. A stand that lets air to the underside helps.'],
    };
  },
});
