/** Settings that have no effect, or one that nobody wants. */
import type { ClientCheck } from './examination.ts';
import { placeFirst, placeText } from './layers.ts';
import { give, remove } from './remedies.ts';
import { clientNames } from './setup.ts';

export const checkFiles: ClientCheck = ({ setup }) =>
  setup.unreadable.map(({ file, why }) => ({
    code: 'client-file-unreadable',
    severity: 'warns',
    title: 'A settings file cannot be used',
    seen: `${file}: ${why}.`,
    means: `${clientNames[setup.client]} ${setup.unreadableMeans}.`,
    remedy: [`Correct ${file}, or remove it`],
  }));

/** Values are not shown: one of them may be a secret. */
export const checkOverridden: ClientCheck = ({ setup, platform }) =>
  setup.overridden.map(({ name, winner, loser }) => ({
    code: 'client-overridden',
    severity: 'warns',
    title: 'A setting has no effect',
    seen: `${placeFirst(winner)} and ${placeText(loser)} differ.`,
    means: `${clientNames[setup.client]} takes ${name} from the former; the latter has no effect.`,
    remedy: [remove(winner, platform)],
  }));

export const checkAttribution: ClientCheck = ({ setup, platform }) => {
  if (setup.attribution === undefined || setup.attribution.setting?.value === '0') return [];
  const { place, setting } = setup.attribution;
  return [
    {
      code: 'client-attribution',
      severity: 'notes',
      title: 'The attribution line is on',
      seen: `${placeFirst(place)} is ${setting?.value ?? 'not set'}.`,
      means:
        'Claude Code puts a line before its system prompt that changes with the conversation. Metalyard takes it out before it ' +
        'looks for what it has read already; other servers read the whole prompt anew each time.',
      remedy: [give(place, '0', platform)],
    },
  ];
};
