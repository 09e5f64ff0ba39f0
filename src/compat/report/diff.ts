/** What changed between two results. */
import { caseId } from '../compat-case.ts';
import type { ResultFile } from './result-file.ts';

/** One line per case whose verdict differs, or that only one of the files has. */
export function diff(before: ResultFile, after: ResultFile): string {
  const old = new Map(before.results.map((line) => [caseId(line), line]));
  const now = new Map(after.results.map((line) => [caseId(line), line]));
  const lines: string[] = [];
  for (const id of new Set([...old.keys(), ...now.keys()])) {
    const from = old.get(id)?.status ?? 'absent';
    const to = now.get(id)?.status ?? 'absent';
    if (from === to) continue;
    const detail = now.get(id)?.detail;
    lines.push(`${id}: ${from} -> ${to}\n${detail ? `    ${detail}\n` : ''}`);
  }
  return lines.length === 0 ? 'No verdict changed.\n' : lines.join('');
}
