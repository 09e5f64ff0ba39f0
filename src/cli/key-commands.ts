/** `metalyard keys` and `metalyard usage`: who may use the yard, what they may use, what they have used. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { highestBudget, highestConcurrency, highestRate, highestWeight } from '../contract/quota.ts';
import { serviceClasses } from '../contract/service-class.ts';
import { usageGroups } from '../transport/store/usage.ts';
import type { KeySettings, KeysFlags } from './commands/keys.ts';
import type { UsageFlags } from './commands/usage.ts';
import { from } from './moments.ts';

/** Flags that several commands share, made anew for each. */
export interface SharedOptions {
  dataDir(): Option;
  json(): Option;
  label(): Option;
  integer(lowest: number, highest: number): (text: string) => number;
}

export function addKeyCommands(tree: Command, { dataDir, json, label, integer }: SharedOptions): void {
  /** A whole number; `none` where the key shall have none of its own. */
  const orNone = (highest: number) => (text: string) => (text === 'none' ? text : integer(1, highest)(text));
  const settings = (command: Command): Command =>
    command
      .addOption(
        new Option(
          '--models <names>',
          'the models it may use, with commas; a* is every name in a; all lifts the limit',
        ).argParser(modelNames),
      )
      .addOption(
        new Option(
          '--machines <names>',
          'the machines its requests may run on, with commas; all lifts the limit',
        ).argParser(words('all')),
      )
      .addOption(
        new Option('--labels <labels>', 'labels a machine must have for its requests, with commas; or none').argParser(
          words('none'),
        ),
      )
      .addOption(
        new Option('--trusted-only <yes|no>', 'whether its requests run on machines labelled trusted alone').choices([
          'yes',
          'no',
        ]),
      )
      .addOption(
        new Option(
          '--group <name>',
          'keys of one group share what engines hold of their prompts; none: it shares with nobody',
        ).argParser(groupName),
      )
      .addOption(
        new Option('--requests-per-minute <number>', 'and so with all limits: none takes it away').argParser(
          orNone(highestRate),
        ),
      )
      .addOption(
        new Option('--input-tokens-per-minute <number>', 'of prompts, without what is cached').argParser(
          orNone(highestRate),
        ),
      )
      .addOption(new Option('--output-tokens-per-minute <number>', 'of answers').argParser(orNone(highestRate)))
      .addOption(new Option('--concurrency <number>', 'requests at once').argParser(orNone(highestConcurrency)))
      .addOption(
        new Option('--daily-tokens <number>', 'input and output, per UTC day').argParser(orNone(highestBudget)),
      )
      .addOption(
        new Option('--monthly-tokens <number>', 'input and output, per UTC month').argParser(orNone(highestBudget)),
      )
      .addOption(
        new Option('--expires <date>', 'when it stops working: 2026-12-31 (UTC), 30d from now, never').argParser(
          (text) => (text === 'never' ? text : from('ahead')(text)),
        ),
      )
      .addOption(new Option('--class <class>', 'how urgent its requests are').choices(serviceClasses))
      .addOption(
        new Option('--weight <number>', 'its share against others of the class; usually 1').argParser(
          integer(1, highestWeight),
        ),
      );

  const keys = tree.command('keys').description('make, list, change and revoke API keys').helpCommand(false);
  settings(keys.command('create').addOption(label()))
    .description('make a key and show it once')
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: KeysFlags & KeySettings & { label: string }) =>
      (await import('./commands/keys.ts')).createKey(flags),
    );
  settings(keys.command('set'))
    .argument('<key>', 'id of the key, or the key itself')
    .description('change what a key may use; what is not named stays')
    .addOption(dataDir())
    .addOption(json())
    .action(async (key: string, flags: KeysFlags & KeySettings) =>
      (await import('./commands/keys.ts')).setKey(key, flags),
    );
  keys
    .command('list')
    .description('list all keys')
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: KeysFlags) => (await import('./commands/keys.ts')).listKeys(flags));
  keys
    .command('show')
    .argument('<key>', 'id of the key, or the key itself')
    .description('what a key may use, and has used')
    .addOption(dataDir())
    .addOption(json())
    .action(async (key: string, flags: KeysFlags) => (await import('./commands/keys.ts')).showKey(key, flags));
  keys
    .command('revoke')
    .argument('<key>', 'id of the key, or the key itself')
    .description('end a key for good')
    .addOption(dataDir())
    .addOption(json())
    .action(async (key: string, flags: KeysFlags) => (await import('./commands/keys.ts')).revokeKey(key, flags));

  tree
    .command('usage')
    .description('requests and tokens that were used')
    .addOption(new Option('--by <what>', 'one line for each').choices(usageGroups).default('key'))
    .addOption(
      new Option('--since <date>', 'from then on: 2026-11-01 (UTC), or 7d ago')
        .default(undefined, '30d')
        .argParser(from('back')),
    )
    .addOption(new Option('--until <date>', 'before then; otherwise until now').argParser(from('back')))
    .addOption(new Option('--key <key>', 'of this key alone: its id, or the key itself'))
    .addOption(new Option('--format <format>', 'how to print it').choices(['table', 'csv', 'json']).default('table'))
    .addOption(dataDir())
    .action(async (flags: UsageFlags) => (await import('./commands/usage.ts')).usage(flags));
}

/** Names with commas between them, or the one word that stands for no rule. */
const words =
  (lifted: 'all' | 'none') =>
  (text: string): readonly string[] | 'all' | 'none' => {
    if (text === lifted) return lifted;
    const names = text.split(',').map((name) => name.trim());
    if (names.length > mostPlaces || !names.every((name) => /^[^,]{1,128}$/.test(name))) {
      throw new InvalidArgumentError(`Give 1 to ${mostPlaces} names with commas between them, or ${lifted}.`);
    }
    return [...new Set(names)];
  };

/** As many as a machine can have labels. */
const mostPlaces = 32;

function groupName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Give a name of letters, digits, dots, dashes and underscores, or none.');
}

function modelNames(text: string): readonly string[] | 'all' {
  if (text === 'all') return text;
  const names = text.split(',').map((name) => name.trim());
  if (!names.every((name) => /^[^\s*]{1,200}\*?$/.test(name))) {
    throw new InvalidArgumentError(
      'Give names of models with commas between them, such as qwen3-8b-q4,small or qwen3*.',
    );
  }
  return [...new Set(names)];
}
