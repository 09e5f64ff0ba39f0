/** A door through which two may go at once, from one place too unless a test says otherwise, with room for three in line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDoorkeeper } from './doorkeeper.ts';

function openDoor(atOnceOfOne = 2) {
  let now = 1_000;
  const timers: { atMs: number; run: () => void }[] = [];
  const entered: number[] = [];
  const turnedAway: [visitor: number, againMs: number][] = [];
  const keeper = createDoorkeeper<number>({
    nowMs: () => now,
    after: (delayMs, run) => timers.push({ atMs: now + delayMs, run }),
    enter: (visitor) => entered.push(visitor),
    turnAway: (visitor, againMs) => turnedAway.push([visitor, againMs]),
    atOnce: 2,
    atOnceOfOne,
    inLine: 3,
  });
  const door = {
    knock: (visitor: number, origin = 'somewhere') => keeper.knock(visitor, origin),
    done: (visitor: number) => keeper.done(visitor),
  };
  const pass = (ms: number): void => {
    now += ms;
    for (const timer of timers.splice(0)) {
      if (timer.atMs <= now) timer.run();
      else timers.push(timer);
    }
  };
  return { door, entered, turnedAway, pass };
}

test('so many enter at once, the next stand in line, one goes in for each that is through', () => {
  const { door, entered, turnedAway } = openDoor();
  for (let visitor = 1; visitor <= 5; visitor += 1) door.knock(visitor);
  assert.deepEqual([entered, turnedAway], [[1, 2], []]);
  door.done(2);
  assert.deepEqual(entered, [1, 2, 3]);
  // Told twice, and told of one that stands in line and leaves.
  door.done(2);
  door.done(4);
  assert.deepEqual(entered, [1, 2, 3]);
  door.done(1);
  assert.deepEqual(entered, [1, 2, 3, 5]);
});

test('beyond the line each is told a moment of its own, after those in line', () => {
  const { door, turnedAway, entered } = openDoor();
  for (let visitor = 1; visitor <= 8; visitor += 1) door.knock(visitor);
  assert.deepEqual(entered, [1, 2]);
  assert.deepEqual(turnedAway, [
    [6, 8],
    [7, 10],
    [8, 12],
  ]);
});

test('the moments are as far apart as handshakes have taken lately, and none is later than 30 s', () => {
  const { door, turnedAway, pass } = openDoor();
  for (let visitor = 1; visitor <= 5; visitor += 1) door.knock(visitor);
  for (let visitor = 1; visitor <= 100; visitor += 1) {
    pass(5);
    door.done(visitor);
    door.knock(visitor + 5);
  }
  assert.equal(turnedAway.length, 0);
  for (let visitor = 201; visitor <= 203; visitor += 1) door.knock(visitor);
  const [first = 0, second = 0, third = 0] = turnedAway.map(([, againMs]) => againMs);
  assert.ok(Math.abs(second - first - 5) <= 1 && Math.abs(third - second - 5) <= 1, JSON.stringify(turnedAway));
  for (let visitor = 300; visitor <= 20_000; visitor += 1) door.knock(visitor);
  assert.equal(Math.max(...turnedAway.map(([, againMs]) => againMs)), 30_000);
});

test('those who never get through keep nobody out for longer than two seconds', () => {
  const { door, entered, pass } = openDoor();
  for (let visitor = 1; visitor <= 4; visitor += 1) door.knock(visitor);
  pass(1_000);
  assert.deepEqual(entered, [1, 2]);
  pass(1_000);
  assert.deepEqual(entered, [1, 2, 3, 4]);
});

test('one place leaves room for others: inside, in line, and when its turn comes', () => {
  const { door, entered, turnedAway } = openDoor(1);
  for (let visitor = 1; visitor <= 5; visitor += 1) door.knock(visitor, 'crowded');
  assert.deepEqual([entered, turnedAway.map(([visitor]) => visitor)], [[1], [5]]);
  door.knock(11, 'quiet');
  assert.deepEqual(entered, [1, 11], 'it enters, and the newest of those in line has made room');
  assert.deepEqual(
    turnedAway.map(([visitor]) => visitor),
    [5, 4],
  );
  door.knock(12, 'quiet');
  door.knock(21, 'other');
  door.done(11);
  assert.deepEqual(entered, [1, 11, 12]);
  door.done(1);
  door.done(12);
  assert.deepEqual(entered, [1, 11, 12, 2, 21]);
});
