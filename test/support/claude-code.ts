/**
 * Runs the real Claude Code once (`claude -p`) against a base URL: empty environment, scratch home
 * and work folder, telemetry off. Everything it asks passes the recording proxy.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedRequest, startRecordingProxy } from './recording-proxy.ts';

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
  readonly requests: readonly RecordedRequest[];
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface ClaudeCodeOptions {
  readonly program: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  readonly prompt: string;
  /** Files of the work folder it starts in. */
  readonly files?: Readonly<Record<string, string>>;
  readonly allowedTools?: readonly string[];
  /** Further arguments of `claude`. */
  readonly flags?: readonly string[];
  readonly timeoutMs: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function runClaudeCode(options: ClaudeCodeOptions): Promise<ClaudeCodeRun> {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-claude-'));
  const home = join(scratch, 'home');
  const work = join(scratch, 'work');
  for (const folder of [home, work]) mkdirSync(folder);
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(work, name), text);
  const proxy = await startRecordingProxy(options.baseUrl);
  const startedMs = performance.now();
  try {
    const child = spawn(
      options.program,
      [
        '-p',
        options.prompt,
        '--output-format',
        'stream-json',
        '--verbose',
        ...(options.flags ?? []),
        ...(options.allowedTools === undefined ? [] : ['--allowedTools', ...options.allowedTools]),
      ],
      {
        cwd: work,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        env: {
          HOME: home,
          PATH: '/usr/local/bin:/usr/bin:/bin',
          ANTHROPIC_BASE_URL: proxy.url,
          ANTHROPIC_API_KEY: options.apiKey,
          ANTHROPIC_MODEL: options.model,
          ANTHROPIC_DEFAULT_HAIKU_MODEL: options.model,
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          ...options.environment,
        },
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
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
      requests: proxy.requests,
      stderr,
      elapsedMs: performance.now() - startedMs,
    };
  } finally {
    await proxy.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
