import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterTogether } from './after-together.ts';
import { nowMs } from './clock.ts';

test('what is due within the same moment is done in one go, never early, and not when it was called off', async () => {
  const begunMs = nowMs();
  const done: string[] = [];
  await new Promise<void>((resolve) => {
    const note = () => done.push('twice');
    afterTogether(100, () => done.push('first'));
    afterTogether(100, note);
    afterTogether(100, note);
    const callOff = afterTogether(100, () => done.push('called off'));
    callOff();
    afterTogether(101, () => {
      // Whatever was asked for together has been done by now, whether or not this came one step later.
      resolve();
    });
    // The timers do not keep a process alive.
    const alive = setTimeout(() => {}, 10_000);
    afterTogether(102, () => clearTimeout(alive));
  });
  assert.deepEqual(done, ['first', 'twice', 'twice']);
  assert.ok(nowMs() - begunMs >= 100);
});
