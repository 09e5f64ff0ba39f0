/**
 * How much memory a new allocation on macOS can really get. "Pages free" is tiny on a healthy Mac
 * and leaves speculative pages out (Apple's vm_stat source subtracts them); "inactive" holds
 * dirty pages that would have to be compressed first, so of it only what is backed by files counts.
 * The page size is in the heading: 16384 on Apple silicon, 4096 on Intel.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { integer } from '../text/numbers.ts';

/** Of the heading; undefined where there is none, or one that was damaged on its way here. */
export function pageSize(text: string): number | undefined {
  return integer(/\(page size of (4096|16384) bytes\)/.exec(text)?.[1]);
}

export const macosVmStat: Probe = {
  name: 'macos-vm-stat',
  title: 'available memory, compressor, swapping',
  reads: ['vm_stat'],
  platforms: ['macos'],
  timeoutMs: toolTimeoutMs,
  facts: ['memory.available_bytes', 'memory.compressor_bytes', 'memory.swapouts'],
  read: async (io) => [await io.run('vm_stat', [])],
  parse: parseWith(['memory.available_bytes'], (text, source) => {
    const pageBytes = pageSize(text);
    if (pageBytes === undefined) return {};
    // A whole line ends in a point; a paste that was cut ends in the middle of a number.
    const pages = (name: string): number | undefined =>
      integer(new RegExp(`^"?${name}"?:\\s+(\\d+)\\.\\s*$`, 'm').exec(text)?.[1]);
    const facts: MutableFacts = {};
    const parts = [pages('Pages free'), pages('Pages speculative'), pages('Pages purgeable')];
    const reclaimable = [pages('Pages inactive'), pages('File-backed pages')];
    if (parts.every((count) => count !== undefined) && reclaimable.every((count) => count !== undefined)) {
      const sum = parts.reduce((all, count) => all + count, 0) + Math.min(...reclaimable);
      facts['memory.available_bytes'] = known(sum * pageBytes, source);
    } else {
      facts['memory.available_bytes'] = unknown(
        'not-reported',
        'it does not say how many pages are backed by files',
        source,
      );
    }
    const compressor = pages('Pages occupied by compressor');
    if (compressor !== undefined) facts['memory.compressor_bytes'] = known(compressor * pageBytes, source);
    const swapouts = pages('Swapouts');
    if (swapouts !== undefined) facts['memory.swapouts'] = known(swapouts, source);
    return facts;
  }),
};
