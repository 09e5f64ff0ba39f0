/** Runs commands as a newcomer's shell does: environment and folder given, everything printed kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** The environment of a shell that was not started by npm and our tests, which pass their own settings on. */
export const plainEnvironment: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|command|execpath|node_execpath)|METALYARD_|NODE_TEST|NODE_OPTIONS|NODE_COMPILE_CACHE)/.test(
        name,
      ),
  ),
);

export interface Place {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs to the end; fails with all that was printed unless the status is `status`. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  { cwd, env = plainEnvironment }: Place,
  status = 0,
): Promise<string> {
  const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = collect(child);
  const [code] = await once(child, 'close');
  if (code !== status) throw new Error(`${command} ${args.join(' ')} ended with status ${code}:\n${printed()}`);
  return printed();
}

/** As `runToEnd`, for a command that asks a registry: one that does not answer for a moment is asked again. */
export async function runInstall(
  command: string,
  args: readonly string[],
  place: Place,
  onStart = (): void => {},
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      onStart();
      await runToEnd(command, args, place);
      return;
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

export interface Service {
  readonly url: string;
  readonly key: string;
  /** From the start of the process until a model was ready, ms. */
  readonly readyMs: number;
  /**
   * Ctrl-C, as a terminal gives it: to the whole group. Resolves with the status (null: npm dies of the signal) once
   * every process that shares the output has ended.
   */
  interrupt(): Promise<number | null>;
}

/** Starts `metalyard up` however it is called, and waits until it says that a model is ready. */
export async function startService(command: string, args: readonly string[], { cwd, env }: Place): Promise<Service> {
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: { ...(env ?? plainEnvironment) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const closed = once(child, 'close');
  // Whatever happens to the test: the group does not outlive it.
  const end = (): void => void signalGroup(child, 'SIGKILL');
  process.once('exit', end);
  const printed = collect(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (/^Ready: /m.test(printed())) resolve();
    });
    closed.then(() => reject(new Error(`${command} ${args.join(' ')} ended before a model was ready:\n${printed()}`)));
  });
  const [key = ''] = /my_[0-9A-Za-z]{12}_[0-9A-Za-z_-]{43}/.exec(printed()) ?? [];
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed()) ?? [];
  return {
    url,
    key,
    readyMs: Math.round(performance.now() - startedMs),
    async interrupt() {
      signalGroup(child, 'SIGINT');
      const [code] = await closed;
      process.off('exit', end);
      return code;
    },
  };
}

/** The text of one small answer. */
export async function askForHello({ url, key }: Service): Promise<string> {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: 'auto',
      max_tokens: 50,
      temperature: 0,
      messages: [{ role: 'user', content: 'Say hello.' }],
    }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`status ${response.status}: ${text}`);
  return JSON.parse(text).content[0].text;
}

function collect(child: ChildProcess): () => string {
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  return () => printed;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid ?? 0), signal);
  } catch {
    // The group has gone already.
  }
}
