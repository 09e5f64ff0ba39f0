/**
 * A gateway that stands still (a laptop's lid, a debugger, a disk that hangs) while answers are on their way: its machines
 * cannot know whether it comes back. They let their engines stand still too, and lose nothing.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as passed } from 'node:timers/promises';
import { limits } from '../../src/contract/limits.ts';
import { ask, turn } from '../support/ask.ts';
import { startFleet } from '../support/fleet.ts';
import { until } from '../support/processes.ts';
import { readStream, textOf } from '../support/read-stream.ts';
import type { ScriptedLog } from '../support/scripted/config.ts';

const streams = 8;
const stillMs = 25_000;
const words = Array.from({ length: 250 }, (_, index) => `word${index}`).join(' ');

test(`a gateway stands still for ${stillMs / 1_000} s under ${streams} streams: their engine does too, and nobody loses a word`, async (t) => {
  const logIn = (directory: string): string => join(directory, 'engine.log');
  await using fleet = await startFleet(1, (directory) => ({
    ...{ slots: streams, window: 8_192, otherwise: words, tokensPerSecond: 20, logFile: logIn(directory) },
  }));
  const [machine] = fleet.machines;
  assert.ok(machine);
  const logged = (event: ScriptedLog['event']): number => {
    const file = logIn(machine.directory);
    // Behind the last line break is nothing, or a line that is being written.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return lines.filter((line) => (JSON.parse(line) as ScriptedLog).event === event).length;
  };

  const answers = Array.from({ length: streams }, (_, index) =>
    ask(fleet, turn(fleet.model, `Story ${index}.`, { stream: true, max_tokens: 4_000 })),
  );
  // Each has its headers, and so its first words.
  const begun = await Promise.all(answers);
  let isOver = false;
  const whole = Promise.all(begun.map((response) => readStream(response))).finally(() => {
    isOver = true;
  });
  // One that breaks early is told of where it is waited for.
  whole.catch(() => {});

  const stoodStillMs = performance.now();
  fleet.signalGateway('SIGSTOP');
  await until('every generation pauses', 2 * stillMs, () => isOver || logged('pause') === streams);
  if (isOver) {
    await whole;
    assert.fail('all answers were over before the engine paused');
  }
  const pausedMs = performance.now() - stoodStillMs;
  t.diagnostic(`the engine stood still after ${Math.round(pausedMs)} ms`);
  await passed(Math.max(0, stillMs - pausedMs));
  assert.equal(logged('resume'), 0);
  fleet.signalGateway('SIGCONT');

  for (const message of await whole) assert.equal(textOf(message), words);
  assert.equal(logged('resume'), streams);
  // A heartbeat that was just confirmed, the next one, and a computer that is busy.
  const latestMs = limits.heartbeatMs * (1 + limits.heartbeatJitter) + limits.sessionPauseMs + 2_000;
  assert.ok(pausedMs < latestMs, `paused after ${pausedMs} ms`);
});
