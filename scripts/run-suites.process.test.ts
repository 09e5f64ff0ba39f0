/** The runner itself: whatever a file of tests does, its suite ends, says which file it was, and leaves no process behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { isAlive, until } from '../test/support/processes.ts';
import type { Suite } from './suites.ts';
import type { SuiteResult } from './summary.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-runner-'));
after(() => rmSync(scratch, { recursive: true }));
const patienceMs = 60_000;

const file = (name: string, source: string): string => {
  const path = join(scratch, `${name}.test.mjs`);
  writeFileSync(path, `import { test } from 'node:test';\n${source}`);
  return path;
};
const pidOf = (name: string): number => Number(readFileSync(join(scratch, name), 'utf8'));
/** A child that lives until it is killed, and says who it is in a file. */
const startsChild = (name: string): string => `
  const { spawn } = await import('node:child_process');
  const { writeFileSync } = await import('node:fs');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  writeFileSync(${JSON.stringify(join(scratch, name))}, String(child.pid));`;

const good = file('good', `test('good', () => {});`);
const endless = file(
  'endless',
  `test('first', () => {}); test('endless', async () => { ${startsChild('endless')} await new Promise(() => {}); });`,
);
/** What time-outs leave behind: a test that is over, and a socket that is not. */
const leaky = file(
  'leaky',
  `test('leaky', async () => { (await import('node:net')).createServer().listen(0); await new Promise(() => {}); });`,
);
const blocked = file('blocked', `test('blocked', () => { for (;;); });`);
/** Once nothing is left to do. */
const late = file(
  'late',
  `test('fine', () => {}); process.once('beforeExit', () => { throw new Error('far too late'); });`,
);
const broken = file('broken', `test('not reached', () => {}); throw new Error('cannot be loaded');`);
const killed = file('killed', `test('killed', () => process.kill(process.pid, 'SIGTERM'));`);

interface Run {
  readonly result: SuiteResult;
  readonly printed: string;
}

/** Starts the runner as a program of its own with one suite; `result` is what it came to. */
function start(
  suite: Omit<Suite, 'files' | 'quick' | 'name'> & { readonly paths: readonly string[] },
  { inShell = false } = {},
) {
  const { paths, ...bounds } = suite;
  const runner = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'run-suites.ts')).href);
  const program = `
    const { runSuites } = await import(${runner});
    const suite = { name: 'fixture', quick: true, ...${JSON.stringify(bounds)}, files: () => ${JSON.stringify(paths)} };
    const [result] = await runSuites([suite]);
    console.log('RESULT ' + JSON.stringify(result));`;
  const args = [process.execPath, '--input-type=module', '-e', program];
  const child = spawn(inShell ? 'sh' : process.execPath, inShell ? ['-c', '"$0" "$@"; true', ...args] : args.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, METALYARD_TEST_REST_MS: '500' },
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  const ended = once(child, 'close');
  return {
    child,
    async run(): Promise<Run> {
      await ended;
      return { result: JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null'), printed };
    },
  };
}

const bounds = { processes: 2, testMs: patienceMs, fileMs: patienceMs } as const;
const namesOf = ({ failures }: SuiteResult): string[] => failures.map(({ name, place }) => `${place}: ${name}`);

// At the same time: most of it is waiting.
describe('a file that does not end', { concurrency: true }, () => {
  test('is killed after its time with what it started, and named; the others run', async () => {
    const { result } = await start({ ...bounds, fileMs: 6_000, paths: [endless, blocked, good] }).run();
    const [first = '', second = ''] = namesOf(result);
    assert.match(first, /endless\.test\.mjs: it did not end within 6 s: it was killed in: endless /);
    assert.match(second, /blocked\.test\.mjs: it did not end within 6 s/);
    assert.deepEqual([result.passed, result.failed], [2, 2], 'what passed before in the first file, and the good one');
    await until('the child has gone', patienceMs, () => !isAlive(pidOf('endless')));
  });

  test('whose tests have all ended is not waited for any longer', async () => {
    const { result } = await start({ ...bounds, testMs: 300, paths: [leaky] }).run();
    const [timedOut, open] = result.failures;
    assert.match(timedOut?.error ?? '', /test timed out after 300ms/);
    assert.match(open?.name ?? '', /its tests ended and its process did not/);
    assert.equal(open?.place, leaky);
    assert.equal(result.failed, 2);
  });

  test('is named among others of its process', async () => {
    const { result } = await start({ ...bounds, processes: 'one', fileMs: 6_000, paths: [good, endless] }).run();
    assert.match(
      namesOf(result)[0] ?? '',
      /suite fixture: it did not end within 6 s: it was killed in: endless \(.*endless/,
    );
    assert.deepEqual([result.passed, result.failed], [2, 1]);
  });
});

describe('a file that fails as a whole says why', () => {
  const cases: readonly [path: string, processes: 1 | 'one', name: RegExp, error: RegExp][] = [
    [late, 1, /all tests passed, yet the run failed \(status 1\)/, /far too late/],
    [broken, 1, /ended without a result/, /cannot be loaded/],
    // Its first test may have begun by then, or not.
    [broken, 'one', /yet the run failed|ended without a result/, /cannot be loaded/],
    [killed, 1, /ended without a result \(SIGTERM\)/, /^$/],
  ];
  for (const [path, processes, name, error] of cases) {
    test(`${path.slice(scratch.length + 1)}, ${processes === 1 ? 'alone' : 'beside others'}`, async () => {
      const { result } = await start({ ...bounds, processes, paths: [path] }).run();
      assert.equal(result.failed, 1);
      assert.match(result.failures[0]?.name ?? '', name);
      assert.match(result.failures[0]?.error ?? '', error);
    });
  }
});

describe('who stops the runner stops everything it started', () => {
  const cases: readonly [signal: NodeJS.Signals, inShell: boolean, told: RegExp][] = [
    ['SIGINT', false, /stopped by SIGINT while it ran: .*endless/],
    ['SIGTERM', false, /stopped by SIGTERM while it ran: .*endless/],
    // As npm starts it: the shell dies of the signal, and tells nobody.
    ['SIGTERM', true, /stopped by the end of what started it while it ran: .*endless/],
    // It cannot tell.
    ['SIGKILL', false, /fixture: 1 files/],
  ];
  for (const [signal, inShell, told] of cases) {
    test(`${signal}${inShell ? ' to its shell' : ''}`, async () => {
      rmSync(join(scratch, 'endless'), { force: true });
      const { child, run } = start({ ...bounds, paths: [endless] }, { inShell });
      await until('the test has begun', patienceMs, () => existsSync(join(scratch, 'endless')) && pidOf('endless') > 0);
      child.kill(signal);
      const { printed } = await run();
      assert.match(printed, told);
      await until('the child has gone', patienceMs, () => !isAlive(pidOf('endless')));
    });
  }
});

describe('who stops .ci/run stops the step it is at', () => {
  const directory = join(scratch, '.ci');
  mkdirSync(directory);
  copyFileSync(join(import.meta.dirname, '../.ci/run'), join(directory, 'run'));
  for (const step of ['ci', 'test']) {
    test(`npm ${step}`, async () => {
      const pidFile = join(scratch, `npm-${step}`);
      // Stands in for npm: one step of it does not end.
      const npm = `#!/bin/sh\n[ "$1" = ${step} ] || exit 0\necho $$ > ${pidFile}\nexec sleep 1000\n`;
      writeFileSync(join(directory, 'npm'), npm, { mode: 0o755 });
      const child = spawn(join(directory, 'run'), {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, PATH: `${directory}:${process.env.PATH}` },
      });
      child.stdout.resume();
      const ended = once(child, 'close');
      await until('the step has begun', patienceMs, () => existsSync(pidFile) && pidOf(`npm-${step}`) > 0);
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [143, null]);
      await until('the step has ended', patienceMs, () => !isAlive(pidOf(`npm-${step}`)));
    });
  }
});
