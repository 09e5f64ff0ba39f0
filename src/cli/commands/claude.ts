/** `metalyard claude`: Claude Code, set up for the running gateway; what it is given is passed on. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { claudeKey } from '../claude-key.ts';
import { claudeCodeSettings } from '../client-settings.ts';
import { CommandError } from '../command-error.ts';
import { askForNames } from '../gateway-names.ts';
import { modelsToUse } from '../models-to-use.ts';
import { runningGateway } from '../running-gateway.ts';

export interface ClaudeFlags {
  readonly dataDir: string;
  readonly key?: string;
  readonly model?: string;
  readonly program?: string;
}

export async function claude(args: readonly string[], flags: ClaudeFlags): Promise<void> {
  const { directory, record, status } = await runningGateway(flags.dataDir);
  const names = await askForNames(record);
  const { model, tiers, notes: tierNotes } = modelsToUse(status.models, names, directory.path, flags.model);
  const key = await claudeKey(directory, flags.key);
  const { set, unset, notes } = claudeCodeSettings({ url: record.url, key: key.secret, model, tiers });
  const environment = { ...process.env };
  const removed = unset.filter((name) => environment[name] !== undefined);
  for (const name of removed) delete environment[name];
  for (const [name, value] of set) environment[name] = value;

  const said = [
    'metalyard: starting Claude Code with',
    ...set.map(([name, value]) => `  ${name}=${value === key.secret ? `(the key ${key.id})` : value}`),
    ...removed.map((name) => `  without ${name}`),
    ...(key.isNew ? [`The key ${key.id}, labelled "claude", is new; it is kept in the data directory.`] : []),
    ...notes,
    ...tierNotes,
  ];
  process.stderr.write(`${said.join('\n')}\n`);
  await runInForeground(flags.program ?? 'claude', args, environment);
}

/**
 * Runs a program in place of this process, as far as Node can: same terminal, same signals, same end.
 * A Ctrl-C at a terminal reaches both processes by itself, so it is passed on only where there is none.
 */
async function runInForeground(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  const terminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  const passOn = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !terminal) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, passOn);
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', (error) => reject(notStarted(program, error)));
      child.once('exit', (...end) => resolve(end));
    });
    // 128 and the signal's number is how a shell reports it, should our own signal not end us.
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
    if (signal !== null) {
      for (const each of signals) process.off(each, passOn);
      process.kill(process.pid, signal);
    }
  } finally {
    for (const each of signals) process.off(each, passOn);
  }
}

function notStarted(program: string, error: Error): CommandError {
  if ('code' in error && error.code === 'ENOENT') {
    return new CommandError(
      program === 'claude'
        ? 'Claude Code is not on the PATH (no program claude). Install it: npm install -g @anthropic-ai/claude-code ' +
            'or say where it is: --program PATH'
        : `There is no program ${program}. --program names the one to start as Claude Code.`,
    );
  }
  return new CommandError(`${program} could not be started: ${error.message}. --program names another.`);
}
