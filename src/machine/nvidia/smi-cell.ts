/** One value as nvidia-smi prints it, in any of its forms, with its many ways of saying nothing. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import { withUnit } from '../text/numbers.ts';

/** `[N/A]`, `[Not Supported]`, `ERR!`, ... as drivers 418 to 610 print them. */
const nothing =
  /^\[?(N\/A|Not Supported|Not Available|Unknown Error|ERR!|Requested functionality has been deprecated|GPU requires reset|GPU is lost)\]?$/i;

export function cellText(cell: string | undefined, source: string): Fact<string> {
  if (cell === undefined) return unknown('not-reported', 'this form of the output does not have it', source);
  const text = cell.trim();
  // Two values ran together where a paste lost its end.
  if (/[\r\n]/.test(text)) return unknown('unreadable', 'more than one line', source);
  if (/^\[?Insufficient Permissions\]?$/i.test(text)) return unknown('denied', text, source);
  if (text === '' || nothing.test(text) || text.startsWith('Not available in WDDM')) {
    return unknown('not-reported', text === '' ? 'empty' : `it prints ${text}`, source);
  }
  return known(text, source);
}

/** A number, times `scale`. Without its unit it is the beginning of a number that was cut; temperatures have none in CSV. */
export function cellNumber(cell: string | undefined, unit: string, scale: number, source: string): Fact<number> {
  const text = cellText(cell, source);
  if (!text.known) return text;
  const cut = unit !== 'C' && unit !== '' && !text.value.endsWith(` ${unit}`);
  const value = cut ? undefined : withUnit(text.value, unit);
  // Memory comes in whole MiB: 8.192 is 8192 with its digits grouped, as some languages do.
  if (value === undefined || (unit === 'MiB' && !Number.isInteger(value)))
    return unknown('unreadable', `not a number of ${unit}`, source);
  return known(scale === 1 ? value : value * scale, source);
}

export function cellSwitch(cell: string | undefined, source: string): Fact<boolean> {
  const text = cellText(cell, source);
  if (!text.known) return text;
  if (/^(Enabled|On|Active|Yes)$/.test(text.value)) return known(true, source);
  if (/^(Disabled|Off|Not Active|No)$/.test(text.value)) return known(false, source);
  return unknown('unreadable', 'neither on nor off', source);
}
