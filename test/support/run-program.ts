/**
 * Runs a foreign program once, as in an empty house: no variable but those given, a home and a work folder of its own,
 * a proxy setting that leads nowhere for everything that is not on this computer.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** By path below the home folder. */
  readonly homeFiles?: Readonly<Record<string, string>>;
  /** By path below the folder it works in. */
  readonly workFiles?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Then it is killed, ms. */
  readonly timeoutMs: number;
}

export interface ProgramRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of standard output that are JSON objects. */
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of a foreign program
  readonly events: readonly any[];
  /** The files of `workFiles` as it left them. */
  readonly workFiles: Readonly<Record<string, string>>;
  readonly elapsedMs: number;
}

/** Nobody listens there: what a client tells others ends here, at once. */
const nowhere = 'http://127.0.0.1:9';

export async function runProgram(options: ProgramOptions): Promise<ProgramRun> {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-program-'));
  const home = join(scratch, 'home');
  const work = join(scratch, 'work');
  for (const folder of [home, work]) mkdirSync(folder);
  writeAll(home, options.homeFiles);
  writeAll(work, options.workFiles);
  const startedMs = performance.now();
  try {
    const child = spawn(options.program, options.args, {
      cwd: work,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      env: {
        HOME: home,
        PATH: '/usr/local/bin:/usr/bin:/bin',
        XDG_CONFIG_HOME: join(home, '.config'),
        XDG_DATA_HOME: join(home, '.local/share'),
        XDG_STATE_HOME: join(home, '.local/state'),
        XDG_CACHE_HOME: join(home, '.cache'),
        TMPDIR: scratch,
        DO_NOT_TRACK: '1',
        HTTP_PROXY: nowhere,
        HTTPS_PROXY: nowhere,
        NO_PROXY: '127.0.0.1,localhost',
        ...options.environment,
      },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const names = Object.keys(options.workFiles ?? {});
    return {
      exitCode,
      stdout,
      stderr,
      events: stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line)),
      workFiles: Object.fromEntries(names.map((name) => [name, readFileSync(join(work, name), 'utf8')])),
      elapsedMs: performance.now() - startedMs,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function writeAll(folder: string, files: Readonly<Record<string, string>> = {}): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
