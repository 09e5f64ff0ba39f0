/** Doctor's screen: the verdict, the findings worst first, what could not be checked, the count. */
import type { CheckResult } from '../../contract/machine/finding.ts';
import {
  type Checked,
  type FindingTree,
  findingTrees,
  type Group,
  groups,
  harm,
  worst,
} from '../../landmines/index.ts';
import { wrap } from '../wrap.ts';
import { columns, findingText, noteText } from './finding-text.ts';
import { machineLine } from './machine-line.ts';
import { colourOf, type Paint } from './paint.ts';
import type { DoctorReport } from './report.ts';

export function screenText(report: DoctorReport, paint: Paint): string {
  const { checked, facts, version } = report;
  const trees = findingTrees(checked);
  const notes = harm('notes');
  const serious = trees.filter((tree) => worst(tree) < notes);
  const parts = [
    [
      `${paint('bold', 'Metalyard doctor')} ${version}\n`,
      ...wrap(machineLine(facts), '', columns).map((line) => `${line}\n`),
    ].join(''),
    `${verdict(checked, serious.length, paint)}\n`,
    ...serious.map((tree) => findingText(tree, paint)),
    trees
      .filter((tree) => worst(tree) >= notes)
      .map((tree) => noteText(tree, paint))
      .join(''),
    crashedText(checked, paint),
    notCheckedText(checked, paint),
    `${order(serious)}${count(report)}`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function verdict(checked: readonly Checked[], serious: number, paint: Paint): string {
  const severities = checked.flatMap(({ result }) => (result.kind === 'finding' ? [result.finding.severity] : []));
  const bad = severities.filter((severity) => harm(severity) <= harm('breaks')).length;
  if (serious === 0)
    return paint(
      'green',
      severities.length === 0 ? 'Nothing wrong was found.' : 'Nothing that needs mending was found.',
    );
  const what = serious === 1 ? 'One thing needs' : `${serious} things need`;
  const line = `${what} a look; the worst comes first.`;
  return paint(bad > 0 ? 'red' : 'yellow', line);
}

/** The last lines are what a terminal still shows: there the worst is named once more. */
function order(serious: readonly FindingTree[]): string {
  if (serious.length < 2) return '';
  const codes = serious.map(({ finding }) => finding.code).join(', ');
  return `${wrap(`In this order: ${codes}.`, '', columns).join('\n')}\n`;
}

function crashedText(checked: readonly Checked[], paint: Paint): string {
  return checked
    .flatMap(({ landmine, result }) =>
      result.kind === 'crashed'
        ? [
            `${paint('red', 'crashed')}   The check ${landmine.code} failed. That is our fault; please report it:\n`,
            ...wrap(result.error, ' '.repeat(10), columns).map((line) => `${line}\n`),
          ]
        : [],
    )
    .join('');
}

/** How many checks could not be made, by the reason; which they are, `--all` tells. */
function notCheckedText(checked: readonly Checked[], paint: Paint): string {
  const reasons = new Map<string, number>();
  for (const { result } of checked) {
    if (result.kind !== 'not-checked') continue;
    const reason = reasonOf(result.why);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (reasons.size === 0) return '';
  const told = [...reasons].sort(([, a], [, b]) => b - a).map(([reason, number]) => `${reason} (${number})`);
  const text = `Not checked, because ${told.join('; ')}. metalyard doctor --all shows which.`;
  return wrap(text, '', columns)
    .map((line) => `${paint('dim', line)}\n`)
    .join('');
}

/** `engine.backend: no agent runs` is one of many for which no agent runs. */
function reasonOf(why: string): string {
  if (why.startsWith('nothing here tells')) return 'nothing here tells what they need';
  return why.replace(/^[a-z]+\.[a-z0-9_]+: /, '');
}

const kindWords = {
  finding: 'found',
  ok: 'fine',
  'not-checked': 'not checked',
  'not-applicable': 'not for this machine',
  crashed: 'crashed',
} as const satisfies Record<CheckResult['kind'], string>;

function count({ checked, tookMs }: DoctorReport): string {
  const counts = Object.entries(kindWords).flatMap(([kind, word]) => {
    const number = checked.filter(({ result }) => result.kind === kind).length;
    return number === 0 && kind === 'crashed' ? [] : [`${number} ${word}`];
  });
  return `${wrap(`${checked.length} checks in ${(tookMs / 1000).toFixed(1)} s: ${counts.join(', ')}.`, '', columns).join('\n')}\n`;
}

/** `--all`: every check by what it is about, with its result. */
export function allText({ checked }: DoctorReport, paint: Paint): string {
  const names = Object.keys(groups) as Group[]; // the keys of a record of groups
  return names
    .map((group) => {
      const lines = checked.filter(({ landmine }) => landmine.group === group).map((each) => resultLine(each, paint));
      return `${paint('bold', groups[group])}\n${lines.join('')}`;
    })
    .join('\n');
}

function resultLine({ landmine, result }: Checked, paint: Paint): string {
  const width = 15;
  const word = result.kind === 'finding' ? result.finding.severity : result.kind;
  const colour = result.kind === 'finding' ? colourOf[result.finding.severity] : resultColours[result.kind];
  const why = result.kind === 'not-checked' ? `: ${result.why}` : '';
  const [first = '', ...rest] = wrap(`${landmine.code}${why}`, ' '.repeat(width + 2), columns);
  return [`  ${paint(colour, word.padEnd(width))}${first.slice(width + 2)}`, ...rest]
    .map((line) => `${line}\n`)
    .join('');
}

const resultColours = {
  ok: 'green',
  'not-checked': 'dim',
  'not-applicable': 'dim',
  crashed: 'red',
} as const;
