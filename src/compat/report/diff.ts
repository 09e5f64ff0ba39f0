/** What changed between two results. */
import type { ResultFile } from './result-file.ts';

/** One line per case whose verdict differs, or that only one of the files has. */
export function diff(before: ResultFile, after: ResultFile): string {
  const old = new Map(before.results.map((line) => [line.name, line]));
  const now = new Map(after.results.map((line) => [line.name, line]));
  const lines: string[] = [];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const from = old.get(name)?.status ?? 'absent';
    const to = now.get(name)?.status ?? 'absent';
    if (from === to) continue;
    const detail = now.get(name)?.detail;
    lines.push(`${name}: ${from} -> ${to}\n${detail ? `    ${detail}\n` : ''}`);
  }
  return lines.length === 0 ? 'No verdict changed.\n' : lines.join('');
}
