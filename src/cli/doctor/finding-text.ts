/** A finding as people read it at a terminal: what was seen, what it means, what to type. */
import type { Command, Finding } from '../../contract/machine/finding.ts';
import { effectText } from '../../landmines/effects.ts';
import type { FindingTree } from '../../landmines/index.ts';
import { wrap } from '../wrap.ts';
import { colourOf, type Paint } from './paint.ts';

export const columns = 80;
const labelWidth = 10;

export const label = (word: string): string => `  ${word}`.padEnd(labelWidth);

/** The whole finding, and its consequences in a line each: they go away with it. */
export function findingText({ finding, consequences }: FindingTree, paint: Paint): string {
  return [
    `${paint(colourOf[finding.severity], finding.severity.padEnd(labelWidth))}${paint('bold', finding.title)}`,
    ...findingLines(finding, paint),
    ...consequenceLines(consequences, paint),
    ...labelled('More', `metalyard doctor ${finding.code}`, paint),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** Seen, means, do and effect, without the title. */
export function findingLines({ seen, means, remedy, effect }: Finding, paint: Paint): readonly string[] {
  return [
    ...labelled('Seen', seen, paint),
    ...labelled('Means', means, paint),
    ...remedy.flatMap((step, index) => {
      const word = index === 0 ? 'Do' : '';
      return typeof step === 'string'
        ? labelled(word, step, paint)
        : [`${painted(word, paint)}${command(step, paint)}`];
    }),
    ...(effect === undefined ? [] : labelled('Effect', `${capital(effectText(effect))}.`, paint)),
  ];
}

/** A finding that is only good to know: what was seen, and where the rest stands. */
export function noteText({ finding, consequences }: FindingTree, paint: Paint): string {
  return [
    `${paint('cyan', 'note'.padEnd(labelWidth))}${finding.title}`,
    ...wrap(finding.seen, ' '.repeat(labelWidth), columns),
    ...consequenceLines(consequences, paint),
    `${' '.repeat(labelWidth)}${paint('dim', `metalyard doctor ${finding.code}`)}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function consequenceLines(consequences: readonly FindingTree[], paint: Paint): string[] {
  return consequences.flatMap(({ finding, consequences: further }) => [
    ...labelled('Hence', `${finding.title} (${finding.code})`, paint),
    ...consequenceLines(further, paint),
  ]);
}

export const labelled = (word: string, text: string, paint: Paint): readonly string[] =>
  wrap(text, label(word), columns).map((line, index) =>
    index === 0 ? `${painted(word, paint)}${line.slice(labelWidth)}` : line,
  );

const painted = (word: string, paint: Paint): string => paint('dim', label(word));

/** Never wrapped: it is there to be copied. */
function command({ text, shell, privileged }: Command, paint: Paint): string {
  const prompt = { sh: '$', powershell: privileged ? 'PS (as administrator)>' : 'PS>', cmd: 'C:\\>' }[shell];
  return `${paint('dim', prompt)} ${paint('bold', text)}`;
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
