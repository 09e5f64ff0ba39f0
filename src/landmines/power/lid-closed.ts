import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const lidClosed = landmine({
  code: 'lid-closed',
  title: 'The lid is closed',
  group: 'power',
  severity: 'notes',
  needs: ['power.lid_closed'],
  means: 'Most laptops sleep with a closed lid whatever a program asks for, and cool worse where they do not.',
  story:
    'Keeping a system from idle sleep does not keep it from the sleep that closing the lid asks for. With an external screen and a charger most stay awake.',
  sources: [unverified('Behaviour by system; macOS sleeps at a closed lid in spite of caffeinate')],
  example: { 'power.lid_closed': true },
  counterExample: { 'power.lid_closed': false },
  judge({ 'power.lid_closed': closed }) {
    return closed
      ? { seen: 'The lid of this laptop is closed.', remedy: ['Open it a little, or attach a screen and the charger.'] }
      : 'ok';
  },
});
