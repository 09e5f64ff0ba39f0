import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../contract/limits.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import { createYard, step } from '../yard/step.ts';
import type { MachineSession } from './machine-links.ts';
import { TokenCounts } from './token-counts.ts';

const facts = { digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
const task = { model: 'tiny', requestJson: '{}' as never, needs: { vision: false } };
const anywhere = { wishes: null, places: null };

/** Machines that are asked and do not answer by themselves. */
function newCounts(machines: Readonly<Record<string, MachineModel['status']>>) {
  const yard = createYard();
  const asked: { readonly name: string; readonly countId: string }[] = [];
  const withdrawn: string[] = [];
  for (const [name, status] of Object.entries(machines)) {
    step(yard, { type: 'machine-connected', machineId: name, sessionId: name, name, labels: [`the-${name}`] }, 0);
    const models = [{ id: 'tiny', status, slots: 1, busySlots: 0, ...facts }];
    step(yard, { type: 'machine-reported', machineId: name, sessionId: name, models, draining: false }, 0);
  }
  const session = (sessionId: string) => {
    const sendText = (_lane: string, _pieces: unknown, countId: string) => asked.push({ name: sessionId, countId });
    const withdraw = (countId: string) => withdrawn.push(countId);
    // As much of a session as counting takes.
    return { sessionId, link: { isAttached: true, sendText, withdraw } } as unknown as MachineSession;
  };
  const counts = new TokenCounts({ session }, () => yard);
  return { counts, asked, withdrawn, names: () => asked.map(({ name }) => name) };
}

test('counts go to machines that have the model loaded, each time to one with few to make', async () => {
  const { counts, asked, names } = newCounts({ cold: 'available', one: 'ready', other: 'ready' });
  const both = [counts.count(task, anywhere), counts.count(task, anywhere)];
  assert.deepEqual(names().toSorted(), ['one', 'other']);
  for (const { name, countId } of asked) counts.counted(name, countId, { tokens: 7 });
  assert.deepEqual(await Promise.all(both), [7, 7]);
  const confined = counts.count(task, { wishes: { machines: null, labels: ['the-cold'] }, places: null });
  const last = asked.at(-1)!;
  assert.equal(last.name, 'cold', 'a vocabulary is read without the weights');
  counts.sessionEnded('cold');
  await assert.rejects(confined, /is gone/);
});

test('a machine is asked for so many at a time', async () => {
  const { counts, asked } = newCounts({ one: 'ready' });
  const those = Array.from({ length: limits.countsPerMachine }, () => counts.count(task, anywhere));
  await assert.rejects(counts.count(task, anywhere), /token counts to make already/);
  for (const { name, countId } of asked) counts.counted(name, countId, { tokens: 1 });
  await Promise.all(those);
  const next = counts.count(task, anywhere);
  counts.counted('one', asked.at(-1)!.countId, { tokens: 2 });
  assert.equal(await next, 2);
});

test('a count that is not made in time is taken out of the lane, as far as it still waits there', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { counts, asked, withdrawn } = newCounts({ one: 'ready' });
  const late = counts.count(task, anywhere);
  t.mock.timers.tick(limits.countMs);
  await assert.rejects(late, /did not count the tokens in time/);
  assert.deepEqual(withdrawn, [asked[0]?.countId]);
});
