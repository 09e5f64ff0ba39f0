/**
 * The command line: every command, flag and default. A flag's variable is its name in capitals. A
 * command is loaded when it runs, so that `--help` and `keys` start at once.
 */
import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultDataPath } from '../transport/data-directory.ts';
import { type Client, clients } from './client-settings.ts';
import type { AgentFlags } from './commands/agent.ts';
import type { ClaudeFlags } from './commands/claude.ts';
import type { CompatFlags } from './commands/compat.ts';
import type { DoctorFlags } from './commands/doctor.ts';
import type { EnvFlags } from './commands/env.ts';
import type { ExplainFlags } from './commands/explain.ts';
import type { GatewayFlags } from './commands/gateway.ts';
import type { LogsFlags } from './commands/logs.ts';
import type { UpFlags } from './commands/up.ts';
import { addFleetCommands } from './fleet-commands.ts';
import { addKeyCommands } from './key-commands.ts';
import { addModelCommands } from './model-commands.ts';
import { version } from './package-files.ts';
import { addMachineViews, addProbeCommands } from './probe-commands.ts';
import { shells } from './shell-text.ts';

/** A flag that can also be given as METALYARD_<NAME>. */
function flag(form: string, description: string): Option {
  const option = new Option(form, description);
  return option.env(`METALYARD_${option.name().toUpperCase().replaceAll('-', '_')}`);
}

function integer(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < lowest || value > highest) {
      throw new InvalidArgumentError(`Give a whole number from ${lowest} to ${highest}.`);
    }
    return value;
  };
}

/** With commas, or the flag several times. */
function list(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...text.split(',').filter((item) => item !== '')];
}

const unitsBytes: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** `12GB` as bytes. */
function bytes(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]?B)?$/i.exec(text) ?? [];
  const count = Math.floor(Number(digits) * (unitsBytes[unit.toUpperCase()] ?? 1));
  if (!(count > 0)) throw new InvalidArgumentError('Give a size such as 12GB or 800MB.');
  return count;
}

const dataDir = (): Option => flag('--data-dir <path>', 'where keys, logs and settings are').default(defaultDataPath());
const name = (): Option => flag('--name <name>', 'what to call this machine').default(hostname());
const served = (): Option => new Option('--model <name>', 'a served model; otherwise the first that is ready');
const json = (): Option => new Option('--json', 'print JSON');

const forGateway = (command: Command): Command =>
  command
    .addOption(
      flag('--port <number>', 'where clients connect; 0 takes a free one').default(8787).argParser(integer(0, 65_535)),
    )
    .addOption(
      flag('--listen <address>', 'address to listen on; 0.0.0.0 lets other machines in, by TLS').default('127.0.0.1'),
    )
    .addOption(flag('--host-name <names>', 'what clients call this gateway, with commas'))
    .addOption(flag('--behind-tls-proxy', 'a reverse proxy in front speaks TLS'))
    .addOption(
      flag('--trusted-proxies <addresses>', 'where that proxy connects from, unless from this machine').argParser(list),
    )
    .addOption(
      flag('--allow-plain-http-on-private-network', 'clients on private networks may do without TLS, in clear'),
    );
const forAgent = (command: Command): Command =>
  command
    .addOption(
      flag('--model <paths>', 'GGUF files to serve, also several times; otherwise the shipped model').argParser(list),
    )
    .addOption(flag('--models <folder>', 'a folder of GGUF files: each is loaded when it is asked for'))
    .addOption(flag('--preload <models>', 'names of models to load at the start').argParser(list))
    .addOption(
      flag('--memory <size>', 'what all models together may take, such as 12GB; otherwise what is free').argParser(
        bytes,
      ),
    )
    .addOption(
      flag('--unload-after <minutes>', 'unload a model nobody asked for this long; otherwise it stays').argParser(
        integer(1, 100_000),
      ),
    )
    .addOption(flag('--attach <servers>', '"auto", or addresses of servers that run already, with commas'))
    .addOption(
      flag('--context-window <tokens>', 'window of one request; otherwise what fits').argParser(
        integer(256, 16_777_216),
      ),
    )
    .addOption(flag('--slots <number>', 'requests at once; otherwise what fits').argParser(integer(1, 256)))
    .addOption(
      flag('--threads <number>', 'processor threads of an engine; otherwise as many as there are cores').argParser(
        integer(1, 1_024),
      ),
    )
    .addOption(flag('--engine-program <path>', 'another engine program, for tests').hideHelp());
const common = (command: Command): Command => command.addOption(name()).addOption(dataDir());

export function commandTree(): Command {
  const tree = new Command('metalyard')
    .description('One endpoint for the Anthropic Messages API, served by the machines you own.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // So that `metalyard claude` can pass on what stands behind it.
    .enablePositionalOptions()
    .showHelpAfterError('(--help lists what there is)');

  common(forAgent(forGateway(tree.command('up'))))
    .description('start here: gateway and agent on this machine')
    .action(async (flags: UpFlags) => (await import('./commands/up.ts')).up(flags));
  common(forGateway(tree.command('gateway')))
    .description('the API and the queue alone')
    .action(async (flags: GatewayFlags) => (await import('./commands/gateway.ts')).gateway(flags));
  common(forAgent(tree.command('agent')))
    .description('serve a model of this machine to a gateway')
    .addOption(flag('--gateway <url>', 'address of the gateway; otherwise the one of the data directory'))
    .action(async (flags: AgentFlags) => (await import('./commands/agent.ts')).agent(flags));

  addKeyCommands(tree, {
    dataDir,
    json,
    label: () => flag('--label <text>', 'what to call it').default('unnamed'),
    integer,
  });
  tree
    .command('status')
    .description('what the running gateway is doing')
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: { dataDir: string; json?: boolean }) => (await import('./commands/status.ts')).status(flags));
  tree
    .command('explain')
    .argument('<request>', 'its id, from the header request-id')
    .description('where a request was sent, and why there')
    .addOption(dataDir())
    .addOption(json())
    .action(async (request: string, flags: ExplainFlags) =>
      (await import('./commands/explain.ts')).explain(request, flags),
    );
  tree
    .command('doctor')
    .argument('[code]', 'explain this landmine, and check it alone')
    .description('what is wrong with this machine, and what to type')
    .addOption(new Option('--all', 'print every check with its result'))
    .addOption(new Option('--list', 'print what is looked for'))
    .addOption(new Option('--client [name]', 'look at how clients are set up instead: one, or all').choices(clients))
    .addOption(new Option('--bundle [file]', 'also write a report to show others, without names and keys'))
    .addOption(flag('--model <path>', 'the model file whose disk is looked at, and measured'))
    .addOption(flag('--port <number>', 'the port a gateway would take').default(8787).argParser(integer(1, 65_535)))
    .addOption(dataDir())
    .addOption(json())
    .action(async (code: string | undefined, { client, ...flags }: DoctorFlags & { client?: Client | true }) =>
      client === undefined
        ? (await import('./commands/doctor.ts')).doctor(code, flags)
        : (await import('./commands/doctor-client.ts')).doctorClient({ ...flags, client }),
    );
  addProbeCommands(tree, integer(0, 65_535));
  addMachineViews(tree, dataDir);
  addModelCommands(tree, { dataDir, integer });
  addFleetCommands(tree, { dataDir, json, integer, forAgent: (command) => common(forAgent(command)) });
  tree
    .command('logs')
    .description('print the log')
    .addOption(new Option('-n, --lines <number>', 'how many lines').default(50).argParser(integer(0, 1_000_000)))
    .addOption(new Option('-f, --follow', 'go on printing what is added'))
    .addOption(dataDir())
    .addOption(json())
    .action(async (flags: LogsFlags) => (await import('./commands/logs.ts')).logs(flags));
  tree
    .command('env')
    .description('what to set so that a client uses the gateway')
    .addOption(new Option('--client <name>', 'which client').choices(clients).default('claude-code'))
    .addOption(new Option('--shell <name>', 'how to write it; otherwise as this system does').choices(shells))
    .addOption(flag('--key <key>', 'API key to write; otherwise a placeholder'))
    .addOption(served())
    .addOption(dataDir())
    .action(async (flags: EnvFlags) => (await import('./commands/env.ts')).env(flags));
  tree
    .command('claude')
    .argument('[args...]', 'for Claude Code; from the first that is not listed here, all are')
    .description('start Claude Code with the gateway')
    .addOption(flag('--key <key>', 'API key; otherwise one is made and kept'))
    .addOption(served())
    .addOption(new Option('--program <path>', 'Claude Code; otherwise claude on the PATH'))
    .addOption(dataDir())
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[], flags: ClaudeFlags) => (await import('./commands/claude.ts')).claude(args, flags));
  tree
    .command('compat')
    .description('examine any Anthropic-compatible server, feature by feature')
    .addOption(flag('--base-url <url>', 'address of the server, without /v1'))
    .addOption(flag('--key <key>', 'API key'))
    .addOption(new Option('--model <name>', "model to ask; otherwise the first of the server's list"))
    .addOption(new Option('--only <part>', 'only cases whose group/name holds this; several with commas'))
    .addOption(new Option('--list', 'print the cases and run none'))
    .addOption(new Option('--junit <file>', 'also write JUnit XML'))
    .addOption(new Option('--diff <files...>', 'compare two results of --json: before.json after.json'))
    .addOption(new Option('--concurrency <number>', 'cases at once').default(2).argParser(integer(1, 64)))
    .addOption(
      new Option('--case-seconds <number>', 'the longest a case may take').default(60).argParser(integer(1, 3_600)),
    )
    .addOption(json())
    .action(async (flags: CompatFlags) => (await import('./commands/compat.ts')).compat(flags));
  return tree;
}
