/** A tool that misbehaves costs a bounded time and bounded memory, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { maxToolBytes, runTool, toolEnvironment } from './run-tool.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metalyard-'));
});
after(() => rm(folder, { recursive: true }));

const skip = process.platform === 'win32';

/** An honest program of this name. */
async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const run = (command: string, timeoutMs = 20_000, env = process.env) =>
  runTool({ command, args: [], timeoutMs, env: toolEnvironment(env) });

async function gone(pid: number): Promise<void> {
  for (;;) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (status === '' || /\) [ZX]/.test(status)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('what a tool prints on both streams is kept, with its status', { skip }, async () => {
  const path = await program('fails', 'echo said; echo "GPU is lost" >&2; exit 15');
  const { text, exitCode, failure, source } = await run(path);
  assert.deepEqual(
    { text, exitCode, failure, source },
    { text: 'said\n\nGPU is lost\n', exitCode: 15, failure: undefined, source: path },
  );
});

test('a tool that is not there is absent, one that may not run is denied', { skip }, async () => {
  assert.equal((await run('no-such-tool-anywhere')).failure?.reason, 'absent');
  const path = await program('locked', 'exit 0');
  await chmod(path, 0o644);
  assert.equal((await run(path)).failure?.reason, 'denied');
});

test('a tool that hung and could be ended is asked again at once', { skip }, async () => {
  const marker = join(folder, 'hung-before');
  const path = await program('hangs-once', `test -e ${marker} && exit 0; touch ${marker}; sleep 1000`);
  assert.equal((await run(path, 2_000)).failure?.reason, 'timeout');
  assert.deepEqual(await run(path), { source: path, text: '', exitCode: 0 });
});

test('a tool that hangs is ended, its children too', { skip: process.platform !== 'linux' }, async () => {
  const pids = join(folder, 'pids');
  const path = await program('hangs', `sleep 1000 & echo $$ $! > ${pids}.new; mv ${pids}.new ${pids}; wait`);
  const { failure } = await run(path, 3_000);
  assert.equal(failure?.reason, 'timeout');
  const [parent, child] = (await readFile(pids, 'utf8')).trim().split(' ').map(Number);
  await gone(parent!);
  await gone(child!);
});

test('a tool that babbles is ended and its output cut', { skip }, async () => {
  const { text, failure } = await run(await program('babbles', 'yes "| NVIDIA-SMI"'));
  assert.equal(failure?.reason, 'failed');
  assert.ok(text.length <= maxToolBytes);
});

test('a tool that leaves a child holding its output is not waited for', { skip }, async () => {
  const { text, exitCode, failure } = await run(await program('leaves', 'sleep 1000 & echo done'));
  assert.deepEqual({ text, exitCode, failure }, { text: 'done\n', exitCode: 0, failure: undefined });
});

test('a tool is asked in the C locale and gets no secrets', { skip }, async () => {
  const path = await program('tells', 'env');
  const { text } = await run(path, 20_000, { ...process.env, LC_ALL: 'de_DE.UTF-8', ANTHROPIC_API_KEY: 'secret' });
  assert.match(text, /^LC_ALL=C$/m);
  assert.doesNotMatch(text, /secret/);
});
