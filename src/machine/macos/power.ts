/**
 * `pmset`: mains or battery, sleep, what holds sleep off. Its thermal report says nothing on Apple
 * silicon, even while the machine throttles; on Intel it gives the allowed share of speed.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { integer } from '../text/numbers.ts';

const asked = ['batt', 'assertions', 'therm'];

export const macosPower: Probe = {
  name: 'macos-power',
  title: 'mains or battery, sleep, what holds sleep off',
  reads: ['pmset -g', ...asked.map((what) => `pmset -g ${what}`)],
  platforms: ['macos'],
  timeoutMs: toolTimeoutMs,
  facts: [
    'power.source',
    'power.battery_level',
    'power.battery_present',
    'power.sleep_after_min',
    'power.saver',
    'power.plan',
    'power.sleep_inhibited',
    'thermal.speed_limit',
  ],
  read: async (io) => Promise.all([io.run('pmset', ['-g']), ...asked.map((what) => io.run('pmset', ['-g', what]))]),
  parse: parseWith([], (text, source) => {
    const facts: MutableFacts = {};
    const drawing = /^Now drawing from '(AC|Battery|UPS) Power'/m.exec(text)?.[1];
    if (drawing !== undefined) {
      facts['power.source'] = known(drawing === 'AC' ? 'ac' : 'battery', source);
      const level = integer(/^\s*-InternalBattery-\d+\s[^\n]*?\t?(\d{1,3})%;/m.exec(text)?.[1]);
      facts['power.battery_present'] = known(/^\s*-InternalBattery/m.test(text), source);
      if (level !== undefined && level <= 100) facts['power.battery_level'] = known(level / 100, source);
    }
    const sleep = integer(/^\s+sleep\s+(\d+)(?:\s|$)/m.exec(text)?.[1]);
    if (sleep !== undefined) facts['power.sleep_after_min'] = known(sleep, source);
    const saver = /^\s+lowpowermode\s+([01])\s*$/m.exec(text)?.[1];
    if (saver !== undefined) {
      facts['power.saver'] = known(saver === '1', source);
      facts['power.plan'] = known(saver === '1' ? 'lowpowermode' : 'normal', source);
    }
    const held = heldAwake(text);
    if (held !== undefined) facts['power.sleep_inhibited'] = known(held, source);
    const limit = integer(/^\s*CPU_Speed_Limit\s*=\s*(\d{1,3})\s*$/m.exec(text)?.[1]);
    if (limit !== undefined && limit <= 100) facts['thermal.speed_limit'] = known(limit / 100, source);
    return facts;
  }),
};

/** The summary where it is there, else the list by process. */
function heldAwake(text: string): boolean | undefined {
  const counted = [...text.matchAll(/^\s+(?:PreventUserIdleSystemSleep|PreventSystemSleep)\s+(\d+)\s*$/gm)];
  if (counted.length > 0) return counted.some(([, count]) => count !== '0');
  if (!/^\s+pid \d+\([^)]*\): \[0x/m.test(text)) return undefined;
  return /^\s+pid \d+\([^)]*\): \S+ \S+ Prevent(UserIdleSystem|System)Sleep\b/m.test(text);
}
