import { powershell } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, vendor } from '../sources.ts';

/** Names are translated; the GUIDs of the plans are not. */
const saverPlan = 'a1841308-3541-4fab-bc81-f71556f20b4a';
const balancedPlan = '381b4222-f694-41f0-9685-ff5bb260df2e';

export const powerSaverPlan = landmine({
  code: 'power-saver-plan',
  title: 'The power plan is "Power saver"',
  group: 'windows',
  severity: 'slows',
  on: ['windows'],
  needs: ['power.plan'],
  means: 'It holds the processor at low clocks, which also slows what feeds the GPU.',
  story:
    'Windows has three plans from of old: saver, balanced and high performance; only the first is worth a word: balanced already gives full ' +
    'speed under load. Plans are compared by their GUID, because their names are translated.',
  belief: {
    held: 'Set the plan to High Performance for inference.',
    found:
      'Machines with Modern Standby allow only Balanced and plans made from it, so many have no such choice; and Balanced is no fault.',
  },
  sources: [
    vendor('MicrosoftDocs/win32: power policy settings, plan GUIDs', '2026-08'),
    capture('powercfg /getactivescheme', '2026'),
  ],
  example: { 'os.family': 'windows', 'power.plan': saverPlan },
  counterExample: { 'os.family': 'windows', 'power.plan': balancedPlan },
  judge({ 'power.plan': plan }) {
    if (plan.toLowerCase() !== saverPlan) return 'ok';
    return {
      seen: `The active power plan has the GUID ${saverPlan}.`,
      remedy: ['Balanced is enough:', powershell(`powercfg /setactive ${balancedPlan}`)],
      effect: { kind: 'last-resort' },
    };
  },
});
