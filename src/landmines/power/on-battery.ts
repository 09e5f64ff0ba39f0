import { knownValue } from '../../contract/machine/fact.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';
import { percent } from '../words.ts';

export const onBattery = landmine({
  code: 'on-battery',
  title: 'The machine runs on its battery',
  group: 'power',
  severity: 'warns',
  needs: ['power.source'],
  reads: ['power.battery_level'],
  means: 'Work would drain it, and it may sleep at any time: on battery we never keep a machine awake.',
  story:
    'A guest does not empty the battery of its host. On battery its work counts twice, so that others are preferred unless they are much slower.',
  sources: [capture('Battery report of a Windows notebook', '2026')],
  example: { 'power.source': 'battery', 'power.battery_level': 0.63 },
  counterExample: { 'power.source': 'ac' },
  judge({ 'power.source': source }, facts) {
    if (source === 'ac') return 'ok';
    const level = knownValue(facts['power.battery_level']);
    return {
      seen: `It is on battery${level === undefined ? '' : `, at ${percent(level)}`}.`,
      remedy: ['Plug the charger in.'],
      effect: { kind: 'dearer', because: 'battery' },
    };
  },
});
