/**
 * What a parser gets: text with one kind of line end, without blanks before it, without lines longer than any tool prints. A
 * pattern may take time that grows with the square of a line, and a tool may babble a megabyte
 * without an end of line.
 */
import type { Reading } from '../reading.ts';

/** `nvidia-smi --query-gpu` with every field there is has lines of 6 kB. */
const longestLine = 8_192;
/** JSON is parsed, not searched; PowerShell prints it in one line. */
const longestJson = 512 * 1024;

function tidyText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .filter((line) => line.length <= longestLine || (line.length <= longestJson && /^\s{0,8}[[{]/.test(line)))
    .map((line) => line.trimEnd())
    .join('\n');
}

export function tidyReadings(readings: readonly Reading[]): readonly Reading[] {
  return readings.map((reading) => ({ ...reading, text: tidyText(reading.text) }));
}
