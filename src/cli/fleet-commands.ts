/** `metalyard token`, `metalyard join` and what `metalyard machines` changes: how a yard grows and shrinks. */
import { type Command, Option } from 'commander';
import type { JoinFlags } from './commands/join.ts';
import type { MachineFlags } from './commands/machine-changes.ts';
import type { TokenFlags } from './commands/token.ts';
import { span } from './moments.ts';

/** Flags that several commands share, made anew for each. */
export interface SharedOptions {
  dataDir(): Option;
  json(): Option;
  /** All that `metalyard agent` takes but the gateway's address. */
  forAgent(command: Command): Command;
  integer(lowest: number, highest: number): (text: string) => number;
}

export function addFleetCommands(tree: Command, shared: SharedOptions): void {
  addTokenCommands(tree, shared);
  shared
    .forAgent(tree.command('join'))
    .argument('<url>', 'address of the gateway, from the join line')
    .description('make this machine part of a yard, and serve')
    .addOption(new Option('--token <token>', 'from the join line').env('METALYARD_TOKEN').makeOptionMandatory())
    .addOption(new Option('--pin <fingerprint>', "SHA-256 of the gateway's certificate, from the join line"))
    .addOption(new Option('--ca-file <file>', 'more authorities to trust, as where a proxy opens TLS'))
    .addOption(new Option('--no-start', 'join only; "metalyard agent" serves later'))
    .action(async (url: string, flags: JoinFlags) => (await import('./commands/join.ts')).join(url, flags));
  addMachineChanges(machinesCommand(tree), shared);
}

/** The one `machines` command: what it shows and what it changes are added in two places. */
export function machinesCommand(tree: Command): Command {
  const there = tree.commands.find((command) => command.name() === 'machines');
  return there ?? tree.command('machines').description('the machines of the yard').helpCommand(false);
}

function addTokenCommands(tree: Command, { dataDir, json, integer }: SharedOptions): void {
  const token = tree.command('token').description('invite machines').helpCommand(false);
  token
    .command('create')
    .description('print the line that makes another machine join')
    .addOption(new Option('--uses <number>', 'how many machines may use it').default(1).argParser(integer(1, 10_000)))
    .addOption(
      new Option('--ttl <time>', 'how long it is good, such as 15m or 2h').default(900_000, '15m').argParser(span),
    )
    .addOption(new Option('--approve', 'whoever joins with it need not be approved'))
    .addOption(new Option('--label <label>', 'a label for the machines that join with it'))
    .addOption(new Option('--url <url>', 'address of the gateway as the other machine sees it'))
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: TokenFlags) => (await import('./commands/token.ts')).createToken(flags));
  token
    .command('ls')
    .description('tokens that can still be used')
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: { dataDir: string; json?: boolean }) =>
      (await import('./commands/token.ts')).listTokens(flags),
    );
  token
    .command('revoke')
    .argument('<token>', 'its id')
    .description('end a token')
    .addOption(dataDir())
    .action(async (id: string, flags: { dataDir: string }) =>
      (await import('./commands/token.ts')).revokeToken(id, flags),
    );
}

function addMachineChanges(machines: Command, { dataDir, json }: SharedOptions): void {
  const change = (name: string, description: string, more: readonly string[] = []) => {
    const command = machines.command(name).argument('<machine>', 'its name or id').description(description);
    for (const argument of more) command.argument(argument);
    return command.addOption(dataDir()).addOption(json());
  };
  const plain = [
    ['approve', 'let a machine in that has joined'],
    ['drain', 'keep a machine from new work'],
    ['resume', 'let it work again'],
    ['rm', 'end its session now and let it in no more'],
  ] as const;
  for (const [name, description] of plain) {
    change(name, description).action(async (machine: string, flags: MachineFlags) =>
      (await import('./commands/machine-changes.ts')).changeMachine(
        machine,
        {
          kind: name === 'rm' ? 'remove' : name,
        },
        flags,
      ),
    );
  }
  change('rename', 'call it something else', ['<name>']).action(
    async (machine: string, name: string, flags: MachineFlags) =>
      (await import('./commands/machine-changes.ts')).changeMachine(machine, { kind: 'rename', name }, flags),
  );
  change('label', 'give it these labels, and no others', ['[labels...]']).action(
    async (machine: string, labels: string[], flags: MachineFlags) =>
      (await import('./commands/machine-changes.ts')).changeMachine(machine, { kind: 'label', labels }, flags),
  );
}
