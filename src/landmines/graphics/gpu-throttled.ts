import { knownValue } from '../../contract/machine/fact.ts';
import { gpu } from '../examples.ts';
import { gpuName } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';
import { list } from '../words.ts';

const hot = gpu({ vendor: 'nvidia', name: 'NVIDIA GeForce RTX 3080', throttling: ['sw_thermal_slowdown'] });

export const gpuThrottled = landmine({
  code: 'gpu-throttled',
  title: 'A GPU slows down from heat or lack of power',
  group: 'graphics',
  severity: 'slows',
  only: ['gpu'],
  needs: ['gpu.all'],
  means: 'It protects itself. Everything on it is slower for as long as that lasts.',
  story:
    'The driver tells why clocks are low. Heat (hw_thermal_slowdown, sw_thermal_slowdown), the power brake and hw_slowdown are ' +
    'troubles. sw_power_cap is not: at full load every GPU runs against its power limit. Older drivers call the fields ' +
    'clocks_throttle_reasons, newer ones clocks_event_reasons.',
  sources: [capture('Field list of nvidia-smi with driver r610', '2026-08')],
  example: { 'gpu.all': [hot] },
  counterExample: { 'gpu.all': [gpu({ vendor: 'nvidia', name: 'RTX 3080', throttling: [] })] },
  judge({ 'gpu.all': gpus }) {
    const told = gpus.filter(({ throttling }) => throttling?.known);
    if (told.length === 0)
      return gpus.length === 0 ? 'not-applicable' : { cannotTell: 'no tool tells why clocks are low' };
    const slowed = told.filter((each) => (knownValue(each.throttling) ?? []).length > 0);
    if (slowed.length === 0) return 'ok';
    return {
      seen: `${list(slowed.map((each) => `${gpuName(each)}: ${list(knownValue(each.throttling) ?? [])}`))}.`,
      remedy: [
        'Clean fans and filters, give the case air, and see that every power plug of the card is in and on its own cable.',
      ],
      effect: { kind: 'dearer', because: 'hot' },
    };
  },
});
