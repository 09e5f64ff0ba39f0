/**
 * Runs the real Claude Code (`claude -p`) against a base URL: empty environment, scratch home and
 * work folder, telemetry off. Everything it asks passes the recording proxy.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedRequest, type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

export const claudeCodeVersion = '2.1.330';

export interface ClaudeCodeRun {
  readonly exitCode: number | null;
  /** Its stream-json events. */
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of a foreign program
  readonly events: readonly any[];
  /** The last event: `type: result`. */
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of a foreign program
  readonly result: any;
  /** `api_retry` events: requests it repeated. */
  readonly retries: number;
  /** Those of this run, in order. */
  readonly requests: readonly RecordedRequest[];
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface ClaudeCodeSettings {
  readonly program: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  /** Files of the work folder it starts in. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly timeoutMs: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** A host name to ask the gateway by. */
  readonly host?: string;
}

export interface ClaudeCodeQuestion {
  /** What is asked; or the content of several user messages, each sent when the one before has its result. */
  readonly prompt: string | readonly (readonly object[])[];
  readonly allowedTools?: readonly string[];
  /** Further arguments of `claude`. */
  readonly flags?: readonly string[];
}

/** One home and one work folder, in which Claude Code may be asked several times. */
export interface ClaudeCode extends AsyncDisposable {
  readonly proxy: RecordingProxy;
  /** The folder it works in. */
  readonly work: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  ask(question: ClaudeCodeQuestion): Promise<ClaudeCodeRun>;
}

export async function openClaudeCode(settings: ClaudeCodeSettings): Promise<ClaudeCode> {
  const { program, timeoutMs } = settings;
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-claude-'));
  const home = join(scratch, 'home');
  const work = join(scratch, 'work');
  for (const folder of [home, work]) mkdirSync(folder);
  for (const [name, content] of Object.entries(settings.files ?? {})) writeFileSync(join(work, name), content);
  const proxy = await startRecordingProxy(settings.baseUrl, settings.host);
  const environment = {
    HOME: home,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ANTHROPIC_BASE_URL: proxy.url,
    ANTHROPIC_API_KEY: settings.apiKey,
    ANTHROPIC_MODEL: settings.model,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: settings.model,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    ...settings.environment,
  };
  return {
    proxy,
    work,
    home,
    environment,
    async ask({ prompt, allowedTools, flags = [] }) {
      const startedMs = performance.now();
      const before = proxy.requests.length;
      const turns = typeof prompt === 'string' ? [] : prompt.map(userMessage);
      const child = spawn(
        program,
        [
          ...(typeof prompt === 'string' ? ['-p', prompt] : ['-p', '--input-format', 'stream-json']),
          '--output-format',
          'stream-json',
          '--verbose',
          ...flags,
          ...(allowedTools === undefined ? [] : ['--allowedTools', ...allowedTools]),
        ],
        { cwd: work, stdio: 'pipe', timeout: timeoutMs, killSignal: 'SIGKILL', env: environment },
      );
      // It may end before it has read all; its output tells why.
      child.stdin.on('error', () => {});
      const sayNext = (): void => {
        const next = turns.shift();
        if (next === undefined) child.stdin.end();
        else child.stdin.write(next);
      };
      sayNext();
      let stdout = '';
      let stderr = '';
      let results = 0;
      child.stdout.setEncoding('utf8').on('data', (text) => {
        stdout += text;
        const seen = stdout.split('"type":"result"').length - 1;
        for (; results < seen; results++) sayNext();
      });
      child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
      const exitCode = await new Promise<number | null>((resolve, reject) => {
        child.on('error', reject);
        child.on('close', resolve);
      });
      const events = stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line));
      return {
        exitCode,
        events,
        result: events.findLast(({ type }) => type === 'result'),
        retries: events.filter(({ type, subtype }) => type === 'system' && subtype === 'api_retry').length,
        requests: proxy.requests.slice(before),
        stderr,
        elapsedMs: performance.now() - startedMs,
      };
    },
    async [Symbol.asyncDispose]() {
      await proxy.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

const userMessage = (content: readonly object[]): string =>
  `${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`;

/** Opens, asks once, and closes. */
export async function runClaudeCode(options: ClaudeCodeSettings & ClaudeCodeQuestion): Promise<ClaudeCodeRun> {
  await using claude = await openClaudeCode(options);
  return await claude.ask(options);
}
