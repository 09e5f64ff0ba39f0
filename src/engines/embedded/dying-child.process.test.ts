/** Children that die or stand still: no call hangs, and the parent lives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadScripted, loadShipped, run } from '../../../test/support/scripted-gguf-run.ts';
import { EngineError } from '../../contract/engine/raw.ts';
import { watchLimits } from './engine-watch.ts';

const idleProgram = fileURLToPath(new URL('fixtures/idle-engine.mjs', import.meta.url));

/** An engine that would write for ever, and its pid by way of the guardian's interface. */
async function loadEndless() {
  let pid = 0;
  const forgotten: number[] = [];
  const guardian = {
    pid: undefined,
    watch: (child: number) => {
      pid = child;
    },
    forget: (child: number) => void forgotten.push(child),
    close: async () => {},
  };
  const engine = await loadScripted({ pieces: ['tick ', 'tock '], endless: true }, { guardian, window: 32_768 });
  const tokens = await engine.tokenize([{ text: 'go on', special: false }]);
  return { engine, pid, forgotten, request: { tokens, maxTokens: 1_000_000 } };
}

test('a child killed in mid-answer ends every call as crashed', async () => {
  const { engine, pid, forgotten, request } = await loadEndless();
  let killed = false;
  const outcomes = await Promise.all([
    run(engine, request, (event) => {
      if (event.type !== 'piece' || killed) return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    }),
    run(engine, request),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.ended),
    ['crashed', 'crashed'],
  );
  assert.equal((await engine.closed).code, 'crashed');
  assert.deepEqual(forgotten, [pid]);
  assert.equal((await run(engine, request)).ended, 'crashed');
  await assert.rejects(engine.tokenize([{ text: 'x', special: false }]), EngineError);
  await engine.close();
});

test('a child stopped in mid-answer is found out within 6 s and ended', {
  skip: process.platform === 'win32',
}, async () => {
  const { engine, pid, request } = await loadEndless();
  let stoppedAtMs = 0;
  const outcome = await run(engine, request, (event) => {
    if (event.type !== 'piece' || stoppedAtMs > 0) return;
    stoppedAtMs = performance.now();
    process.kill(pid, 'SIGSTOP');
  });
  assert.equal(outcome.ended, 'stalled');
  // 4.5 s without an answer, seen at the next tick; the rest is for a busy computer.
  assert.ok(performance.now() - stoppedAtMs < 9_000);
  assert.equal((await engine.closed).code, 'stalled');
  assert.throws(() => process.kill(pid, 0), 'it was killed');
});

test('a child whose loop answers but whose work stands still is ended too', async () => {
  const limits = { ...watchLimits, loadingAnswerMs: 60_000, progressMs: 1_500, loadingProgressMs: 60_000 };
  const engine = await loadShipped({ program: idleProgram, limits });
  const outcome = await run(engine, { tokens: [1, 2, 3] });
  assert.equal(outcome.ended, 'stalled');
  const last = outcome.events.at(-1);
  assert.ok(last?.type === 'error' && /no progress/.test(last.failure.message));
});

test('closing ends calls, and no secret of the parent reaches the child', async () => {
  process.env.METALYARD_TEST_SECRET = 'do not tell';
  const engine = await loadShipped({ program: idleProgram }).finally(() => delete process.env.METALYARD_TEST_SECRET);
  const environment = JSON.parse(engine.model.build) as Record<string, string>;
  assert.equal(environment.PATH, process.env.PATH);
  assert.equal(environment.METALYARD_TEST_SECRET, undefined);
  const generation = run(engine, { tokens: [1, 2, 3] }, () => {});
  await engine.close();
  assert.equal((await generation).ended, 'closed');
  assert.equal((await engine.closed).code, 'closed');
});
