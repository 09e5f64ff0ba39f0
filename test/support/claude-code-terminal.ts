/** Claude Code as a person has it: in a terminal, which `script` of util-linux makes. */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { ClaudeCode } from './claude-code.ts';

/** False, or why there is no terminal here. */
export const noTerminal: string | false =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true
    ? false
    : 'there is no `script` of util-linux to make a terminal with';

export interface Terminal extends AsyncDisposable {
  /** Waits until this has been written, whatever spaces and colours are between; titles of the window count too. */
  shows(text: string): Promise<void>;
  /** Types as a person does. Waits for the characters to appear, then presses Enter. */
  enter(text: string): Promise<void>;
  /** Resolves with the exit status when it has ended. */
  readonly ended: Promise<number | null>;
}

/** Something that does not appear for so long will not, ms. */
const patienceMs = 60_000;

/** Starts it in the work folder, with the questions of a first start answered. `key` is the API key it may use. */
export function openTerminal(claude: ClaudeCode, program: string, key: string, flags: readonly string[]): Terminal {
  writeFileSync(
    join(claude.home, '.claude.json'),
    JSON.stringify({
      hasCompletedOnboarding: true,
      theme: 'dark',
      customApiKeyResponses: { approved: [key.slice(-20)], rejected: [] },
      projects: { [claude.work]: { hasTrustDialogAccepted: true } },
    }),
  );
  // Titles count as non-essential traffic, so the rest of it is switched off piece by piece.
  const { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: _switchedOff, ...environment } = claude.environment;
  const quoted = [program, ...flags].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qefc', `stty rows 40 cols 120; exec ${quoted}`, '/dev/null'], {
    cwd: claude.work,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...environment,
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      DO_NOT_TRACK: '1',
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
    },
  });
  child.stdin.on('error', () => {});
  let written = '';
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
    notify();
  });
  let over = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      over = true;
      resolve(code);
      notify();
    });
  });
  // Spaces are often cursor movements; the title of the window is one of the codes that stripping removes.
  const has = (text: string): boolean =>
    [written, stripVTControlCharacters(written)].some((all) => all.replaceAll(/\s/g, '').includes(text));

  function shows(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        listeners.delete(look);
        clearTimeout(timer);
        settle();
      };
      const fail = (why: string): void =>
        done(() => reject(new Error(`the terminal ${why} before "${text}":\n${stripVTControlCharacters(written)}`)));
      const timer = setTimeout(fail, patienceMs, `took ${patienceMs} ms`);
      const look = (): void => {
        if (has(text.replaceAll(' ', ''))) done(resolve);
        else if (over) fail('closed');
      };
      listeners.add(look);
      look();
    });
  }

  return {
    shows,
    async enter(text) {
      child.stdin.write(text);
      await shows(text);
      child.stdin.write('\r');
    },
    ended,
    async [Symbol.asyncDispose]() {
      if (!over) child.kill('SIGKILL');
      await ended.catch(() => {});
    },
  };
}
