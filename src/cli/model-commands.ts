/** `metalyard models` and `metalyard alias`: what there is to ask for, and under which names. */
import { type Command, Option } from 'commander';
import { limits } from '../contract/limits.ts';
import type { AliasFlags } from './commands/alias.ts';
import type { ModelWishFlags } from './commands/model-wishes.ts';
import type { ModelsFlags } from './commands/models.ts';
import type { SharedOptions } from './key-commands.ts';

const json = (): Option => new Option('--json', 'print JSON');

export function addModelCommands(
  tree: Command,
  { dataDir, integer }: Pick<SharedOptions, 'dataDir' | 'integer'>,
): void {
  const models = tree.command('models').description('the models of the yard').helpCommand(false);
  const wishes = [
    ['load', 'load it now, where it can be'],
    ['unload', 'give its memory back once it is idle'],
    ['pin', 'load it, and unload it for no other model'],
    ['unpin', 'let it be unloaded for others'],
  ] as const;
  for (const [wish, description] of wishes) {
    models
      .command(wish)
      .argument('<model>', 'its name')
      .description(description)
      .addOption(new Option('--machine <name>', 'on this machine; otherwise on all that have it'))
      .addOption(dataDir())
      .addOption(json())
      .action(async (model: string, flags: ModelWishFlags) =>
        (await import('./commands/model-wishes.ts')).tellMachines(model, wish, flags),
      );
  }
  models
    .command('min')
    .argument('<model>', 'its name')
    .argument('<machines>', 'on how many; 0: where it is asked for', integer(0, limits.minimumMachines))
    .description('keep it loaded on so many machines at least')
    .addOption(dataDir())
    .addOption(json())
    .action(async (model: string, machines: number, flags: ModelWishFlags) =>
      (await import('./commands/model-wishes.ts')).setMinimum(model, machines, flags),
    );
  models
    .command('ls')
    .description('list them, the best first, and what names mean')
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: ModelsFlags) => (await import('./commands/models.ts')).listModels(flags));
  const alias = tree.command('alias').description('names of your own for models').helpCommand(false);
  alias
    .command('ls')
    .description('list them, and what they mean')
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: AliasFlags) => (await import('./commands/alias.ts')).listAliases(flags));
  alias
    .command('set')
    .argument('<name>', 'the new name; large, default or small say what claude-* names mean')
    .argument('<model>', 'a model, another alias, a tier or auto')
    .description('let a name stand for a model')
    .addOption(dataDir())
    .addOption(json())
    .action(async (name: string, model: string, flags: AliasFlags) =>
      (await import('./commands/alias.ts')).setAlias(name, model, flags),
    );
  alias
    .command('rm')
    .argument('<name>', 'the alias')
    .description('forget a name')
    .addOption(dataDir())
    .addOption(json())
    .action(async (name: string, flags: AliasFlags) => (await import('./commands/alias.ts')).removeAlias(name, flags));
}
