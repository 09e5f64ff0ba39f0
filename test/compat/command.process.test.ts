/** `metalyard compat` as a person or a CI job runs it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defects } from './defects/all-defects.ts';
import { theKey } from './server/about.ts';
import { startScriptedServer } from './server/scripted-server.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');
const scratch = mkdtempSync(join(tmpdir(), 'metalyard-compat-'));
after(() => rmSync(scratch, { recursive: true }));

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}
function compat(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'compat', ...args], (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test('nothing failed: status 0, a table; something failed: status 1, and --diff tells what', async () => {
  await using correct = await startScriptedServer();
  await using wrong = await startScriptedServer(defects['streaming/message-stop-last']);
  const flags = ['--key', theKey, '--only', 'streaming,content/image-base64'];

  const good = await compat('--base-url', correct.url, ...flags);
  assert.equal(good.status, 0, good.out + good.err);
  assert.match(good.out, /^ {2}pass {9}message-stop-last$/m);
  assert.match(good.out, /1 unsupported$/m);

  const [before, now] = [join(scratch, 'before.json'), join(scratch, 'after.json')];
  const junit = join(scratch, 'junit.xml');
  writeFileSync(before, (await compat('--base-url', correct.url, '--json', ...flags)).out);
  const bad = await compat('--base-url', wrong.url, '--json', '--junit', junit, ...flags);
  assert.equal(bad.status, 1, bad.err);
  writeFileSync(now, bad.out);
  assert.match(readFileSync(junit, 'utf8'), /<testcase classname="streaming" name="message-stop-last"[^>]*><failure /);

  const { status, out } = await compat('--diff', before, now);
  assert.equal(status, 0);
  assert.match(out, /^streaming\/message-stop-last: pass -> fail$/m);
});

test('what could not be run is status 2 and a sentence', async () => {
  const gone = await startScriptedServer();
  await gone[Symbol.asyncDispose]();
  for (const [args, sentence] of [
    [[], /--base-url/],
    [['--base-url', gone.url, '--model', 'm'], /ECONNREFUSED/],
    [['--base-url', gone.url, '--only', 'no-such-case'], /no case is called/],
    [['--diff', 'one.json'], /two files/],
  ] as const) {
    const { status, err } = await compat(...args);
    assert.equal(status, 2, err);
    assert.match(err, sentence);
    assert.doesNotMatch(err, /\n {4}at /, 'no stack');
  }
});

test('--list names every case without a server', async () => {
  const { status, out } = await compat('--list', '--only', 'keys');
  assert.equal(status, 0);
  assert.match(out, /^keys\/bearer\n {4}A key in Authorization: Bearer is accepted$/m);
});
