/** What the agent does when its machine is short of memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { silentLog } from '../transport/log/log.ts';
import { createMemoryGuard } from './memory-guard.ts';

const gib = 1024 ** 3;
const free = (value: number): Facts => ({
  'os.family': known('linux', 'test'),
  'memory.total_bytes': known(16 * gib, 'test'),
  'memory.available_bytes': known(value * gib, 'test'),
});

test('pressed it says why, in want it unloads, and in calm it works again', () => {
  let atMs = 0;
  const changes: string[] = [];
  const guard = createMemoryGuard({
    log: silentLog,
    nowMs: () => atMs,
    onChange: ({ admits, unloads }) =>
      changes.push(`${atMs / 1_000} s: ${admits ? 'works' : unloads ? 'unloads' : 'stops'}`),
  });
  const lasting = (seconds: number, value: number): void => {
    for (const untilMs = atMs + seconds * 1_000; atMs < untilMs; atMs += 5_000) guard.sample(free(value));
  };
  lasting(60, 8);
  assert.equal(guard.pressedBecause, null);
  lasting(60, 0.8);
  assert.match(guard.pressedBecause ?? '', /only 819 MiB of memory are left of the 2048 MiB kept for the owner/);
  lasting(10, 0.2);
  lasting(120, 8);
  assert.equal(guard.pressedBecause, null);
  assert.deepEqual(changes, ['60 s: stops', '125 s: unloads', '185 s: works']);
});
