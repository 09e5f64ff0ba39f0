/** The report for people: 80 columns, colour only where it was asked for. */
import { styleText } from 'node:util';
import { type VerdictStatus, verdictStatuses } from '../verdict.ts';
import type { ResultFile, ResultLine } from './result-file.ts';

const columns = 80;
const words: Readonly<Record<VerdictStatus, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  degraded: 'degraded',
  unsupported: 'unsupported',
  'not-applicable': 'n/a',
};
const colours = {
  pass: 'green',
  fail: 'red',
  degraded: 'yellow',
  unsupported: 'cyan',
  'not-applicable': 'gray',
} as const satisfies Record<VerdictStatus, string>;

export type Paint = (style: 'bold' | (typeof colours)[VerdictStatus], text: string) => string;
export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** Every case in its group, then what it comes to. */
export function textTable(file: ResultFile, paint: Paint): string {
  const groups = [...new Set(file.results.map(({ group }) => group))];
  const parts = groups.map((group) => {
    const lines = file.results.filter((line) => line.group === group).map((line) => caseLines(line, paint));
    return `${paint('bold', group)}\n${lines.join('')}`;
  });
  return `${parts.join('\n')}\n${summary(file, paint)}`;
}

/** One case: its verdict, its sentence, and why, when it did not simply pass. */
function caseLines({ status, name, title, contract, detail }: ResultLine, paint: Paint): string {
  const verdict = paint(colours[status], words[status].padEnd(11));
  const head = `  ${verdict}  ${name}\n`;
  if (status === 'pass') return head;
  const about = status === 'fail' ? `${title} (${contract})` : title;
  return head + wrap(about) + wrap(detail ?? '');
}

function summary({ url, model, counts, results }: ResultFile, paint: Paint): string {
  const told = verdictStatuses
    .filter((status) => counts[status] > 0)
    .map((status) => paint(colours[status], `${counts[status]} ${words[status]}`));
  return `${results.length} cases on ${url}, model ${model}:\n${told.join(', ')}\n`;
}

const indent = ' '.repeat(15);

function wrap(text: string): string {
  let lines = '';
  let line = '';
  for (const word of text.split(' ')) {
    // A word that is longer than a line is broken: errors may quote anything.
    for (const piece of word.match(new RegExp(`.{1,${columns - indent.length}}`, 'gu')) ?? []) {
      if (line !== '' && indent.length + line.length + 1 + piece.length > columns) {
        lines += `${indent}${line}\n`;
        line = '';
      }
      line = line === '' ? piece : `${line} ${piece}`;
    }
  }
  return line === '' ? lines : `${lines}${indent}${line}\n`;
}
