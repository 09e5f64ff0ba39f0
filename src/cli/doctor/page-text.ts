/** The page of one landmine at a terminal, and the list of them all. Both are there without a network. */
import type { CheckResult } from '../../contract/machine/finding.ts';
import { factsOf } from '../../landmines/examples.ts';
import { allLandmines, type Group, groups, type Landmine, type Source } from '../../landmines/index.ts';
import { wrap } from '../wrap.ts';
import { columns, findingLines } from './finding-text.ts';
import { colourOf, type Paint } from './paint.ts';

/** `here` is what the check says of this machine. */
export function pageText(landmine: Landmine, here: CheckResult, paint: Paint): string {
  const { code, title, group, severity, story, belief, dependsOn = [], sources } = landmine;
  const lines = [
    paint('bold', title),
    `${code}, ${groups[group]}; at its worst it ${paint(colourOf[severity], severity)}`,
    '',
    paint('bold', 'On this machine'),
    ...hereLines(here, paint),
    '',
    paint('bold', 'How it comes about'),
    ...paragraph(story),
    ...(belief === undefined
      ? []
      : ['', paint('bold', 'What many believe'), ...paragraph(`"${belief.held}"`), ...paragraph(belief.found)]),
    ...(here.kind === 'finding'
      ? []
      : ['', paint('bold', 'What doctor would say, for example'), ...exampleLines(landmine, paint)]),
    ...(dependsOn.length === 0 ? [] : ['', paint('bold', 'May come from'), ...paragraph(dependsOn.join(', '))]),
    '',
    paint('bold', 'Sources'),
    ...sources.flatMap((source) => wrap(sourceText(source), '  - ', columns)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export function listText(paint: Paint): string {
  const names = Object.keys(groups) as Group[]; // the keys of a record of groups
  const width = Math.max(...allLandmines.map(({ code }) => code.length)) + 2;
  return names
    .map((group) => {
      const lines = allLandmines
        .filter((landmine) => landmine.group === group)
        .flatMap(({ code, title }) => wrap(title, `  ${code.padEnd(width)}`, columns));
      return `${paint('bold', groups[group])}\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

function hereLines(here: CheckResult, paint: Paint): readonly string[] {
  switch (here.kind) {
    case 'finding':
      return findingLines(here.finding, paint);
    case 'ok':
      return [`  ${paint('green', 'fine')}`];
    case 'not-applicable':
      return ['  This kind of machine cannot have it.'];
    case 'not-checked':
      return wrap(`Not checked: ${here.why}.`, '  ', columns);
    case 'crashed':
      return wrap(`The check crashed, which is our fault: ${here.error}`, '  ', columns);
  }
}

function exampleLines(landmine: Landmine, paint: Paint): readonly string[] {
  const result = landmine.check(factsOf(landmine.example));
  return result.kind === 'finding' ? findingLines(result.finding, paint) : [];
}

const paragraph = (text: string): readonly string[] => wrap(text, '  ', columns);

const kinds: Readonly<Record<Source['kind'], string>> = {
  vendor: 'vendor',
  thread: 'public report',
  capture: 'output of a real machine',
  measured: 'measured by us',
  unverified: 'hearsay, not checked by us',
};

const sourceText = ({ kind, title, date, url }: Source): string =>
  `${kinds[kind]}: ${title} (${date})${url === undefined ? '' : ` ${url}`}`;
