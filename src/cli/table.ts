import { plainText } from './plain-text.ts';
import { wrap } from './wrap.ts';

/** The last column is broken only where this much is left for it. */
const leastColumns = 20;

/**
 * Columns as wide as their widest cell, two spaces between them. In a terminal that is too narrow the last one
 * goes on beneath itself.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string {
  const lines = [head, ...rows.map((row) => row.map(plainText))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .flatMap((line) => {
      const padded = line.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const whole = padded.join('  ').trimEnd();
      const first = padded
        .slice(0, -1)
        .map((cell) => `${cell}  `)
        .join('');
      return whole.length <= columns || columns - first.length < leastColumns
        ? [whole]
        : wrap(line.at(-1) ?? '', first, columns);
    })
    .map((line) => `${line}\n`)
    .join('');
}
