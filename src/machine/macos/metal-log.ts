/**
 * What Metal lets one process use at once, from the start log of llama.cpp: no command tells it, and
 * its share of memory differs between versions of macOS, so it is never computed. "MB" there are
 * decimal. The engine's log is handed to the parser; the probe itself runs nothing.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type Probe } from '../probe.ts';
import { decimal, gibi } from '../text/numbers.ts';

export const macosMetalLog: Probe = {
  name: 'macos-metal-log',
  title: "Metal's working-set limit, from an engine's start log",
  reads: ["an engine's start log (only when given to `probe replay`)"],
  platforms: ['macos'],
  timeoutMs: fileTimeoutMs,
  facts: ['apple.working_set_bytes'],
  read: async () => [],
  parse: parseWith(['apple.working_set_bytes'], (text, source) => {
    const match = /recommendedMaxWorkingSetSize\s*[:=]\s*(\d+\.\d+) (MB|GiB)(?=\s|$)/.exec(text);
    const value = decimal(match?.[1]);
    if (value === undefined) return {};
    return { 'apple.working_set_bytes': known(Math.round(value * (match![2] === 'MB' ? 1e6 : gibi)), source) };
  }),
};
