/** `metalyard alias`: the owner's own names for models, with or without a running gateway, which goes by them when the command is done. */
import type { Store } from '../../transport/store/store.ts';
import { checkAlias } from '../../yard/names/aliases.ts';
import type { AliasView } from '../../yard/names/view-names.ts';
import { administerStore, changeStore } from '../administer-store.ts';
import { CommandError } from '../command-error.ts';
import { namesIfRunning } from '../gateway-names.ts';
import { commandLine } from '../package-files.ts';
import { table } from '../table.ts';

export interface AliasFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

export async function listAliases(flags: AliasFlags): Promise<void> {
  const names = await namesIfRunning(flags.dataDir);
  const aliases = names?.aliases ?? (await administerStore(flags, async (store) => unresolved(store)));
  if (flags.json) return printJson(aliases);
  process.stdout.write(aliasesText(aliases, names !== undefined, flags.dataDir));
}

export async function setAlias(name: string, target: string, flags: AliasFlags): Promise<void> {
  const known = (await namesIfRunning(flags.dataDir))?.models.map(({ id }) => id);
  const warnings = await changeStore(flags, async ({ aliases }) => {
    const check = checkAlias({ name, target }, aliases.current(), known ?? null);
    if (!check.ok) throw new CommandError(`${name} cannot stand for ${target}: ${check.why}.`);
    await aliases.set(name, target);
    return check.warnings;
  });
  if (flags.json) return printJson({ name, target, warnings });
  process.stdout.write(`${name} stands for ${target} from now on.\n`);
  for (const warning of warnings) process.stderr.write(`Note: ${warning}.\n`);
}

export async function removeAlias(name: string, flags: AliasFlags): Promise<void> {
  await changeStore(flags, async ({ aliases }) => {
    if (!(await aliases.remove(name))) {
      throw new CommandError(`There is no alias ${name}. The list: ${commandLine('alias ls', flags.dataDir)}`);
    }
  });
  if (flags.json) return printJson({ name, removed: true });
  process.stdout.write(`${name} is no alias any more.\n`);
}

/** Exported for its test. `running`: a gateway has said what they mean. */
export function aliasesText(aliases: readonly AliasView[], running: boolean, dataDir: string): string {
  if (aliases.length === 0) return `There are no aliases. Make one: ${commandLine('alias set NAME MODEL', dataDir)}\n`;
  const rows = aliases.map(({ name, target, means, hidden }) => {
    if (!running) return [name, target, 'no gateway runs'];
    return [name, target, hidden ? `hidden: there is a model ${name}` : (means ?? 'no machine has it')];
  });
  return table(['alias', 'stands for', 'means now'], rows);
}

const unresolved = ({ aliases }: Store): readonly AliasView[] =>
  Array.from(aliases.current(), ([name, target]) => ({ name, target, means: null, hidden: false }));

const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
