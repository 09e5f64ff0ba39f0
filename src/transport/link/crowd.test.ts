import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crowd, regionOf } from './crowd.ts';

const anybody = (): boolean => true;

test('one origin may have all the room, and loses its newest to others until they have as much', () => {
  const crowd = new Crowd<string>({ most: 4 });
  for (const member of ['a1', 'a2', 'a3', 'a4']) assert.equal(crowd.enter(member, 'a'), undefined);
  assert.equal(crowd.enter('a5', 'a'), 'a5', 'there is no room for more of its own');
  assert.equal(crowd.enter('b1', 'b'), 'a4');
  assert.equal(crowd.enter('b2', 'b'), 'a3');
  assert.equal(crowd.enter('b3', 'b'), 'b3', 'both have two');
  assert.equal(crowd.enter('c1', 'c'), 'a2');
  assert.equal(crowd.enter('d1', 'd'), 'b2');
  assert.equal(crowd.enter('e1', 'e'), 'e1', 'everybody has one');
  assert.equal(crowd.size, 4);
});

test('who has left is not counted, and leaves once', () => {
  const crowd = new Crowd<string>({ most: 2 });
  crowd.enter('a1', 'a');
  crowd.enter('a2', 'a');
  assert.deepEqual([crowd.leave('a1'), crowd.leave('a1'), crowd.size], [true, false, 1]);
  assert.equal(crowd.enter('a3', 'a'), undefined);
});

test('an origin has no more than its share, however much room there is', () => {
  const crowd = new Crowd<string>({ most: 10, mostOfOne: 2 });
  assert.deepEqual(
    ['a1', 'a2', 'a3'].map((member) => crowd.enter(member, 'a')),
    [undefined, undefined, 'a3'],
  );
});

test('origins take turns, each with its oldest, and one that may not go loses no turn of others', () => {
  const crowd = new Crowd<string>({ most: 10 });
  for (const member of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) crowd.enter(member, member.charAt(0));
  const order = (mayGo: (origin: string) => boolean) => crowd.next(mayGo)?.member;
  assert.deepEqual([order(anybody), order(anybody), order(anybody)], ['a1', 'b1', 'c1']);
  assert.equal(
    order((origin) => origin !== 'a'),
    'c2',
  );
  assert.deepEqual([order(anybody), order(anybody), order(anybody)], ['a2', 'a3', undefined]);
});

test('who has many networks side by side keeps out nobody from elsewhere, and shares with those beside them', () => {
  const crowd = new Crowd<string>({ most: 8 });
  for (let network = 0; network < 8; network += 1) crowd.enter(`a${network}`, `2001:db8:${network}`);
  assert.equal(crowd.enter('b', '2001:4860:1'), 'a0');
  assert.equal(crowd.enter('c', '203.0.113.9'), 'a1');
  assert.equal(crowd.enter('d', '203.0.113.10'), 'a2');
  assert.equal(crowd.enter('e', '2001:db8:99'), 'e', 'there each has one');
  assert.equal(crowd.size, 8);
});

for (const [origin, region] of [
  ['2001:db8:7', '2001:db8'],
  ['203.0.113.9', '203.0.113'],
  ['192.168.1.7', '192.168.1.7'],
  ['172.31.0.1', '172.31.0.1'],
  ['172.32.0.1', '172.32.0'],
  ['fd12:3456:789a', 'fd12:3456:789a'],
  ['fe80:0:0', 'fe80:0:0'],
  ['0:0:0', '0:0:0'],
  ['mch_1', 'mch_1'],
] as const) {
  test(`the region of ${origin} is ${region}`, () => assert.equal(regionOf(origin), region));
}
