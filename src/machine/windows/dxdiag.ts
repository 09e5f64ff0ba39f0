/**
 * The display section of a pasted `dxdiag` report. "Display Memory" is dedicated and shared memory
 * together and never video memory; "Current Mode: Unknown" is a card without a screen. Takes half a
 * minute to make, so the probe itself never runs it.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { integer, mebi } from '../text/numbers.ts';
import { nvidiaVersion, windowsAdapter } from './adapter.ts';

export const windowsDxdiag: Probe = {
  name: 'windows-dxdiag',
  title: 'display adapters of a dxdiag report',
  reads: ['dxdiag.txt (only when given to `probe replay`)'],
  platforms: ['windows'],
  timeoutMs: fileTimeoutMs,
  facts: ['windows.adapters', 'nvidia.driver', 'display.largest_pixels'],
  read: async () => [],
  parse: parseWith(['windows.adapters'], (text, source) => {
    const cards = text
      .split(/^\s*Card name: /m)
      .slice(1)
      .map((block) => record(`Card name: ${block}`))
      .filter((values) => Object.keys(values).length > 1);
    if (cards.length === 0) return {};
    const adapters = cards.map((values, index): Gpu => {
      const dedicated = values['Dedicated Memory'];
      const size = integer(/^(\d+) MB$/.exec(dedicated ?? '')?.[1]);
      const mode = values['Current Mode'];
      return windowsAdapter(
        {
          name: values['Card name'] ?? '',
          pnpId: values['Device Key']?.replace(/^Enum\\/, ''),
          vramBytes: size === undefined ? undefined : size * mebi,
          shows: mode === undefined ? undefined : mode !== 'Unknown',
        },
        index,
        source,
      );
    });
    const facts: MutableFacts = { 'windows.adapters': known(adapters, source) };
    const driver = cards.flatMap((values, at) =>
      adapters[at]!.vendor === 'nvidia' ? (nvidiaVersion(values['Driver Version']) ?? []) : [],
    )[0];
    if (driver !== undefined) facts['nvidia.driver'] = known(driver, source);
    const sizes = cards.flatMap((values) => {
      const size = /^(\d{3,5}) x (\d{3,5}) /.exec(values['Current Mode'] ?? '');
      return size === null ? [] : [Number(size[1]) * Number(size[2])];
    });
    if (sizes.length > 0) facts['display.largest_pixels'] = known(Math.max(...sizes), source);
    return facts;
  }),
};
