/** `docs/landmines/`: a page for every landmine and the list of them, from the files the checks are in. */
import type { Command, Finding } from '../../src/contract/machine/finding.ts';
import { factsOf } from '../../src/landmines/examples.ts';
import { allLandmines, effectText, type Group, groups, type Landmine, type Source } from '../../src/landmines/index.ts';
import { cell } from './marked-table.ts';

const folder = 'docs/landmines';

export const landminePages = (): Readonly<Record<string, string>> => ({
  [`${folder}/README.md`]: index(),
  ...Object.fromEntries(allLandmines.map((landmine) => [`${folder}/${landmine.code}.md`, page(landmine)])),
});

/** How bad it is, for people. */
const harms = {
  blocks: 'nothing can be served',
  breaks: 'a device or an engine cannot be used',
  slows: 'works, and slowly',
  warns: 'will bite later',
  notes: 'good to know',
} as const;

function index(): string {
  // The order in which doctor prints them.
  const names = Object.keys(groups) as Group[];
  return `${[
    '# Landmines',
    '',
    'What is known to go wrong on the machines people own, how it is recognised, and what to type. `metalyard doctor` looks for all of',
    'them, and prints one of these pages with `metalyard doctor <code>`. Made from `src/landmines/` by `node scripts/generate-docs.ts`.',
    '',
    'No GPU, no Mac and no Windows machine was at hand when these were written. They stand on documents of the vendors, public reports',
    'and outputs of real machines; each page names its sources, and calls hearsay what was not checked.',
    '',
    `How bad it can be: ${Object.entries(harms)
      .map(([word, meaning]) => `**${word}** (${meaning})`)
      .join(', ')}.`,
    ...names.flatMap((group) => [
      '',
      `## ${groups[group]}`,
      '',
      '| Code | What | Harm |',
      '| --- | --- | --- |',
      ...allLandmines
        .filter((landmine) => landmine.group === group)
        .map(({ code, title, severity }) => `| [${code}](${code}.md) | ${cell(title)} | ${severity} |`),
    ]),
  ].join('\n')}\n`;
}

function page(landmine: Landmine): string {
  const { code, title, group, severity, story, belief, dependsOn = [], needs, reads, sources, on } = landmine;
  const { finding } = exampleOf(landmine);
  const systems = on === undefined ? 'all systems' : on.map((system) => systemNames[system]).join(', ');
  return `${[
    `# ${title}`,
    '',
    `\`${code}\`, ${groups[group]}, ${systems}. At its worst it **${severity}**: ${harms[severity]}.`,
    '',
    '## What doctor says',
    '',
    `**Seen.** ${finding.seen}`,
    '',
    `**Means.** ${finding.means}`,
    '',
    '**Do.**',
    '',
    ...steps(finding),
    '',
    `**Effect on where work goes:** ${effectText(finding.effect)}.`,
    '',
    '## How it comes about',
    '',
    story,
    ...(belief === undefined ? [] : ['', '## What many believe', '', `*${belief.held}*`, '', belief.found]),
    '',
    '## How it is found',
    '',
    `Facts it needs: ${facts(needs)}.${reads.length === 0 ? '' : ` Facts it also reads: ${facts(reads)}.`}`,
    ...(dependsOn.length === 0
      ? []
      : [
          '',
          `May be the consequence of ${dependsOn.map((cause) => `[${cause}](${cause}.md)`).join(', ')}: when one of those is found too, mend it first.`,
        ]),
    '',
    '## Sources',
    '',
    ...sources.map((source) => `- ${sourceText(source)}`),
  ].join('\n')}\n`;
}

const systemNames = { linux: 'Linux', windows: 'Windows', macos: 'macOS' } as const;
const facts = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

/** The real finding for the machine of the example: the page cannot say other words than doctor. */
function exampleOf(landmine: Landmine): { readonly finding: Finding } {
  const result = landmine.check(factsOf(landmine.example));
  if (result.kind !== 'finding') throw new Error(`${landmine.code}: its example is no finding`);
  return result;
}

function steps({ remedy }: Finding): string[] {
  return remedy.flatMap((step, index) => {
    const before = index === 0 ? [] : [''];
    return typeof step === 'string' ? [...before, step] : [...before, ...fence(step)];
  });
}

const fence = ({ text, shell, privileged }: Command): string[] => [
  `\`\`\`${shell}`,
  ...(privileged && shell !== 'sh' ? ['# as administrator'] : []),
  text,
  '```',
];

const kinds: Readonly<Record<Source['kind'], string>> = {
  vendor: 'Vendor',
  thread: 'Public report',
  capture: 'Output of a real machine',
  measured: 'Measured by us',
  unverified: 'Hearsay, not checked by us',
};

function sourceText({ kind, title, date, url }: Source): string {
  return `${kinds[kind]}: ${url === undefined ? title : `[${title}](${url})`} (${date})`;
}
