/**
 * Starts the real command line as a child process, on a free port and a data directory of its own,
 * and ends it again whatever happened. Nothing of the product is imported: what tests see is what
 * a person at a terminal has.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enginePidsOf } from './fleet-engine.ts';
import { descendants, isAlive, until } from './processes.ts';
import type { ScriptedConfig } from './scripted/config.ts';
import { writeScriptedEngine } from './scripted-engine.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');
/** A start or a stop that takes longer has failed, on a busy computer too, ms. */
const patienceMs = 100_000;

export interface YardOptions {
  /** Play a script instead of running the shipped model. */
  readonly engine?: ScriptedConfig;
  readonly contextWindow?: number;
  readonly slots?: number;
  /** Servers to attach instead, as `--attach` takes them. */
  readonly attach?: string;
}

export interface ApartOptions extends YardOptions {
  /** What the agent dials, given the gateway's address; that one itself when absent. */
  dials?(gatewayUrl: string): Promise<string>;
}

/** The part of `GET /metalyard/status` that tests look at. */
export interface YardStatus {
  readonly machines: readonly YardMachine[];
  readonly models: readonly YardModel[];
  readonly requests: { readonly active: number };
  /** Of the gateway process, microseconds since its start. */
  readonly cpu: { readonly user: number; readonly system: number };
}

export interface YardMachine {
  readonly models: readonly YardModel[];
  /** Tickets that hold a slot; a cancelled one does until its engine has stopped. */
  readonly tickets: number;
}

export interface YardModel {
  readonly id: string;
  readonly status: string;
  readonly window: number;
  readonly slots: number;
  /** It stays loaded there, because of a minimum. */
  readonly kept?: boolean;
}

export interface Yard extends AsyncDisposable {
  readonly url: string;
  /** The API key printed at the first start. */
  readonly key: string;
  /** Id of the served model. */
  readonly model: string;
  /** Of the gateway process. */
  readonly pid: number;
  /** Everything it keeps on disk: store, logs, engine files. */
  readonly directory: string;
  /** All that was printed so far. */
  output(): string;
  status(): Promise<YardStatus>;
  whenStatus(holds: (status: YardStatus) => boolean): Promise<YardStatus>;
  /** Engine children that are alive. */
  enginePids(): Promise<number[]>;
  descendantPids(): Promise<number[]>;
  whenGone(pids: readonly number[]): Promise<void>;
  /** As Ctrl-C does it; by force when that takes too long, and then it fails. */
  stop(): Promise<void>;
}

/** A gateway and an agent started apart, as on two machines. */
export interface YardApart extends Yard {
  readonly agentPid: number;
  /** SIGKILL, without warning. */
  killAgent(): void;
  /** Resolves when the model is ready again. */
  startAgent(): Promise<void>;
  /** SIGKILL, without warning. */
  killGateway(): void;
  /** As one Ctrl-C does it: what runs is finished first. Resolves with the exit status when the gateway has ended. */
  drainGateway(signal?: 'SIGINT' | 'SIGTERM'): Promise<number | null>;
  /** At the same address; resolves when the agent has found it again and the model is ready. */
  startGateway(): Promise<void>;
}

/** `metalyard up`; resolves when the model is ready. */
export async function startYard(options: YardOptions = {}): Promise<Yard> {
  const scratch = makeScratch();
  const main = startCommand(['up', '--port', '0', ...scratch.dataDir, ...agentArguments(options, scratch.path)]);
  return openYard(scratch, main, [main]);
}

/** `metalyard gateway` and `metalyard agent`; resolves when the model is ready. */
export async function startApart({ dials, ...options }: ApartOptions = {}): Promise<YardApart> {
  const scratch = makeScratch();
  let gateway = startCommand(['gateway', '--port', '0', ...scratch.dataDir]);
  const commands = [gateway];
  let agent: Command | undefined;
  const launch = async (): Promise<void> => {
    const { url } = JSON.parse(readFileSync(scratch.record, 'utf8'));
    const dialled = dials === undefined ? [] : ['--gateway', await dials(url)];
    agent = startCommand(['agent', ...scratch.dataDir, ...dialled, ...agentArguments(options, scratch.path)]);
    commands.push(agent);
  };
  try {
    await gateway.says(/No machine serves a model yet/);
  } catch (error) {
    await endAll(commands, scratch.path);
    throw error;
  }
  await launch();
  const yard = await openYard(scratch, gateway, commands);
  return Object.assign(yard, {
    get agentPid() {
      return agent?.pid ?? 0;
    },
    killAgent: () => void agent?.child.kill('SIGKILL'),
    async startAgent() {
      await launch();
      // Until then the gateway may still tell of the agent that was killed.
      await agent?.says(/linked to the gateway/);
      await yard.whenStatus(({ models }) => models.some(({ status }) => status === 'ready'));
    },
    killGateway: () => void gateway.child.kill('SIGKILL'),
    async drainGateway(signal: NodeJS.Signals = 'SIGINT') {
      gateway.child.kill(signal);
      await gateway.exited;
      return gateway.child.exitCode;
    },
    async startGateway() {
      await gateway.exited;
      gateway = startCommand(['gateway', '--port', new URL(yard.url).port, ...scratch.dataDir]);
      // Agents are ended before gateways.
      commands.unshift(gateway);
      await gateway.says(/^Ready: /m);
    },
  });
}

/** `metalyard agent` for a gateway that is not ours to start. */
export function startAgentAlone(gatewayUrl: string, options: YardOptions): AsyncDisposable {
  const scratch = makeScratch();
  const agent = startCommand([
    'agent',
    ...scratch.dataDir,
    '--gateway',
    gatewayUrl,
    ...agentArguments(options, scratch.path),
  ]);
  return { [Symbol.asyncDispose]: () => endAll([agent], scratch.path) };
}

interface Scratch {
  readonly path: string;
  readonly dataDir: readonly string[];
  readonly record: string;
}

function makeScratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'metalyard-test-'));
  const data = join(path, 'data');
  return { path, dataDir: ['--data-dir', data], record: join(data, 'gateway.json') };
}

function agentArguments({ engine, contextWindow, slots, attach }: YardOptions, scratch: string): string[] {
  const args: string[] = [];
  if (engine !== undefined) args.push('--engine-program', writeScriptedEngine(scratch, engine));
  if (contextWindow !== undefined) args.push('--context-window', String(contextWindow));
  if (slots !== undefined) args.push('--slots', String(slots));
  if (attach !== undefined) args.push('--attach', attach);
  return args;
}

async function openYard(scratch: Scratch, gateway: Command, commands: readonly Command[]): Promise<Yard> {
  const stop = () => endAll(commands, scratch.path);
  try {
    const [, model = ''] = await gateway.says(/^Ready: (\S+),/m);
    const [key = ''] = await gateway.says(/\bmy_[0-9A-Za-z]{12}_\S+/);
    const record = () => JSON.parse(readFileSync(scratch.record, 'utf8'));
    const { url } = record();
    const status = async (): Promise<YardStatus> => {
      // Each start of the gateway makes another token.
      const headers = { authorization: `Bearer ${record().adminToken}` };
      const response = await fetch(new URL('/metalyard/status', url), { headers });
      // Ours; a missing part fails the test that needs it.
      return (await response.json()) as YardStatus;
    };
    return {
      url,
      key,
      model,
      pid: gateway.pid,
      directory: scratch.path,
      output: () => commands.map((command) => command.output()).join('\n'),
      status,
      async whenStatus(holds) {
        let latest = await status();
        await until(`the status of the gateway, now ${JSON.stringify(latest)}`, patienceMs, async () => {
          latest = await status();
          return holds(latest);
        });
        return latest;
      },
      enginePids: async () => commands.flatMap(({ pid }) => enginePidsOf(pid)),
      descendantPids: async () => [...new Set(commands.flatMap(({ pid }) => descendants(pid)))],
      whenGone: (pids) => until(`processes ${pids.join(', ')} are gone`, patienceMs, () => !pids.some(isAlive)),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Command {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<void>;
  output(): string;
  /** Waits for output that matches; fails with all of it when the command ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

const running = new Set<ChildProcess>();
// A test file that is ended for taking too long takes its yards with it.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
process.once('SIGTERM', () => process.exit(143));

function startCommand(args: readonly string[]): Command {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    child,
    pid: child.pid ?? 0,
    exited,
    output: () => output,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          listeners.delete(look);
          clearTimeout(timer);
          settle();
        };
        const fail = (why: string) => done(() => reject(new Error(`${args[0]} ${why} before ${pattern}:\n${output}`)));
        const timer = setTimeout(fail, patienceMs, `took ${patienceMs} ms`);
        const look = () => {
          const found = pattern.exec(output);
          if (found !== null) done(() => resolve(found));
        };
        listeners.add(look);
        void exited.then(() => fail('ended'));
        look();
      }),
  };
}

/** Asks all to end, agents first; then removes what they wrote. */
async function endAll(commands: readonly Command[], scratch: string): Promise<void> {
  let forced = false;
  for (const { child, exited } of commands.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGINT');
    const timer = setTimeout(() => {
      forced = true;
      child.kill('SIGKILL');
    }, patienceMs);
    await exited;
    clearTimeout(timer);
  }
  rmSync(scratch, { recursive: true, force: true });
  if (forced) throw new Error(`a process did not end within ${patienceMs} ms of Ctrl-C`);
}
