/** No stored output of a real machine could be had: these are written from the documented numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowsBattery } from './battery.ts';

const told = (text: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(windowsBattery.parse([{ source: 'powershell', text }])).map(([name, fact]) => [
      name,
      fact.known ? fact.value : fact.reason,
    ]),
  );

const cases: readonly (readonly [story: string, text: string, facts: Record<string, unknown>])[] = [
  [
    'a notebook on its battery',
    '{"line":0,"charge":0,"level":0.63}',
    { 'power.source': 'battery', 'power.battery_present': true, 'power.battery_level': 0.63 },
  ],
  [
    'one that is charged',
    '{"charge":9,"line":1,"level":1}',
    { 'power.source': 'ac', 'power.battery_present': true, 'power.battery_level': 1 },
  ],
  ['a desktop', '{"line":1,"charge":128,"level":2.55}', { 'power.source': 'ac', 'power.battery_present': false }],
  ['a machine that does not know', '{"line":255,"charge":255,"level":2.55}', { 'power.source': 'not-reported' }],
  ['an error in any language', 'Add-Type : Die Assembly ...', { 'power.source': 'unreadable' }],
];
for (const [story, text, facts] of cases) test(story, () => assert.deepEqual(told(text), facts));
