/**
 * The comparison in docs/compat-results.md, from results of `metalyard compat --json`:
 * `node scripts/compat-results.ts NAME=FILE...` prints it as Markdown.
 */
import { readFileSync } from 'node:fs';
import { caseId } from '../src/compat/compat-case.ts';
import { parseResultFile, type ResultLine } from '../src/compat/report/result-file.ts';
import { type VerdictStatus, verdictStatuses } from '../src/compat/verdict.ts';

const servers = process.argv.slice(2).map((argument) => {
  const [name = '', file = ''] = argument.split('=');
  const { results, counts } = parseResultFile(readFileSync(file, 'utf8'), file);
  return { name, counts, lines: new Map(results.map((line) => [caseId(line), line])), results };
});
const words: Readonly<Record<VerdictStatus, string>> = {
  pass: 'pass',
  fail: '**FAIL**',
  degraded: 'degraded',
  unsupported: 'unsupported',
  'not-applicable': 'n/a',
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const head = (first: string): string =>
  row([first, ...servers.map(({ name }) => name)]) + row(['---', ...servers.map(() => '---')]);

let text = `${head('Cases')}`;
for (const status of verdictStatuses) {
  text += row([words[status], ...servers.map(({ counts }) => String(counts[status]))]);
}
for (const group of new Set(servers[0]?.results.map((line) => line.group))) {
  text += `\n### ${group}\n\n${head('Case')}`;
  for (const line of servers[0]?.results ?? []) {
    if (line.group !== group) continue;
    const told = servers.map(({ lines }) => lines.get(caseId(line)));
    text += row([line.title, ...told.map((other) => (other === undefined ? '-' : words[other.status]))]);
  }
}
text += '\n## Why\n';
for (const { name, results } of servers) {
  const told = results.filter(({ status }) => status !== 'pass');
  text += `\n### ${name}\n\n${told.map(reason).join('')}`;
}
process.stdout.write(text);

/** The first words of the reason; whole ones are in the JSON. */
function reason(line: ResultLine): string {
  const detail = (line.detail ?? '').replace(/[|<>`*_[\]\\]/g, ' ').replace(/ +/g, ' ');
  return `- ${caseId(line)}, ${line.status}: ${detail.length > 160 ? `${detail.slice(0, 160)}...` : detail}\n`;
}
