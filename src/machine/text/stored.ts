/**
 * The readings of a probe as one text, to be sent to somebody else and read there:
 *
 *     ==== nvidia-smi --version ====
 *     NVIDIA-SMI version  : ...
 *
 * A text without such a heading is one output.
 */
import type { Reading } from '../reading.ts';

export function storedText(readings: readonly Reading[]): string {
  return readings
    .map(
      ({ source, text, failure }) =>
        `==== ${source} ====\n${text.trimEnd()}\n${failure === undefined ? '' : `(${failure.detail})\n`}\n`,
    )
    .join('');
}

export function storedReadings(text: string, source: string): readonly Reading[] {
  const parts = text.split(/^==== (.+) ====\r?$/m);
  if (parts.length < 3) return [{ source, text }];
  const readings: Reading[] = [];
  for (let at = 1; at + 1 < parts.length; at += 2) readings.push({ source: parts[at]!, text: parts[at + 1]!.trim() });
  return readings;
}
