/** However an agent dies, its engine dies with it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeScriptedGguf } from '../../../test/support/scripted-gguf.ts';
import { startGuardian } from './guardian.ts';

const parentProgram = fileURLToPath(new URL('../../../test/support/scripted-gguf-parent.ts', import.meta.url));
let directory: string;
let modelPath: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metalyard-'));
  modelPath = join(directory, 'endless.gguf');
  await writeScriptedGguf(modelPath, { pieces: ['tick ', 'tock '], endless: true });
});
after(() => rm(directory, { recursive: true }));

/** A killed process whose parent is gone too may linger as a zombie until init looks. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return status !== '' && !/\) [ZX]/.test(status);
}

/** Nobody reports the death of a grandchild, so look until it is gone. */
async function gone(pid: number, withinMs = 20_000): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  while (await isRunning(pid)) {
    if (performance.now() > untilMs) return false;
    await pause(20);
  }
  return true;
}

async function startAgentProgram() {
  const agent = spawn(process.execPath, [parentProgram, modelPath, '32768'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(agent.stdout!.setEncoding('utf8'), 'data')) as [string];
  const [enginePid, guardianPid] = line.trim().split(' ').map(Number) as [number, number];
  assert.ok(await isRunning(enginePid));
  assert.ok(await isRunning(guardianPid));
  return { agent, enginePid, guardianPid };
}

test('an agent killed in mid-generation leaves neither engine nor guardian', async () => {
  const { agent, enginePid, guardianPid } = await startAgentProgram();
  agent.kill('SIGKILL');
  assert.ok(await gone(enginePid), 'the engine is gone');
  assert.ok(await gone(guardianPid), 'the guardian is gone');
});

test('not even when the engine is stopped and cannot see its parent die', {
  skip: process.platform === 'win32',
}, async () => {
  const { agent, enginePid, guardianPid } = await startAgentProgram();
  process.kill(enginePid, 'SIGSTOP');
  agent.kill('SIGKILL');
  assert.ok(await gone(enginePid), 'the engine is gone');
  assert.ok(await gone(guardianPid), 'the guardian is gone');
});

test('an engine sees its parent die without a guardian as well', async () => {
  const { agent, enginePid, guardianPid } = await startAgentProgram();
  process.kill(guardianPid, 'SIGKILL');
  assert.ok(await gone(guardianPid));
  agent.kill('SIGKILL');
  assert.ok(await gone(enginePid), 'the engine is gone');
});

test('a guardian ends what is watched and spares what is forgotten', async () => {
  const start = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const [watched, forgotten] = [start(), start()];
  const ended = once(watched, 'exit');
  const guardian = startGuardian();
  guardian.watch(watched.pid!);
  guardian.watch(forgotten.pid!);
  guardian.forget(forgotten.pid!);
  await guardian.close();
  assert.equal((await ended)[1], 'SIGKILL');
  assert.ok(await isRunning(forgotten.pid!));
  forgotten.kill('SIGKILL');
  await once(forgotten, 'exit');
});

test('a guardian that is killed is replaced, and its successor knows what to watch', {
  timeout: 30_000,
}, async () => {
  const watched = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const ended = once(watched, 'exit');
  const guardian = startGuardian();
  guardian.watch(watched.pid!);
  const first = guardian.pid;
  process.kill(first!, 'SIGKILL');
  while (guardian.pid === first || guardian.pid === undefined) await pause(20);
  await guardian.close();
  assert.equal((await ended)[1], 'SIGKILL');
});
