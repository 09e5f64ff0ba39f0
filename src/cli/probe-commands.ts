/** `metalyard probe` and `metalyard machines`: what is known of machines. */
import { type Command, Option } from 'commander';
import type { MachinesFlags } from './commands/machines.ts';
import type { ProbeFlags, ProbeReplayFlags, ProbeRunFlags } from './commands/probe.ts';
import { machinesCommand } from './fleet-commands.ts';

const json = (): Option => new Option('--json', 'print JSON');

export function addMachineViews(tree: Command, dataDir: () => Option): void {
  const machines = machinesCommand(tree);
  machines
    .command('ls')
    .description('list the machines of the yard')
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: MachinesFlags) => (await import('./commands/machines.ts')).listMachines(flags));
  machines
    .command('show')
    .argument('[machine]', 'its name or id; needless when there is one')
    .description('everything known of a machine, and what is wrong with it')
    .addOption(dataDir())
    .addOption(json())
    .action(async (machine: string | undefined, flags: MachinesFlags) =>
      (await import('./commands/machines.ts')).showMachine(machine, flags),
    );
}

export function addProbeCommands(tree: Command, exitCodes: (text: string) => number): void {
  const probe = tree
    .command('probe')
    .description('what can be known of this machine, and of a stored output')
    .helpCommand(false);
  probe
    .command('ls')
    .description('list the probes')
    .addOption(json())
    .action(async (flags: ProbeFlags) => (await import('./commands/probe.ts')).listProbes(flags));
  probe
    .command('run')
    .argument('[probe]', 'one probe; otherwise all of this system')
    .description('probe this machine')
    .addOption(new Option('--model <path>', 'the model file or folder whose disk is looked at'))
    .addOption(new Option('--raw', 'print what was read, for probe replay'))
    .addOption(json())
    .action(async (name: string | undefined, flags: ProbeRunFlags) =>
      (await import('./commands/probe.ts')).runProbesHere(name, flags),
    );
  probe
    .command('replay')
    .argument('<probe>', 'the probe that reads such outputs')
    .argument('<file>', 'the stored output; - for standard input')
    .description('facts and findings of a stored output of any machine')
    .addOption(new Option('--exit-code <number>', 'how the command ended').argParser(exitCodes))
    .addOption(json())
    .action(async (name: string, file: string, flags: ProbeReplayFlags) =>
      (await import('./commands/probe.ts')).replayProbe(name, file, flags),
    );
}
