import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGatewayId, newMessageId, newRequestId, newSessionId, newToolUseId, randomBase62 } from './ids.ts';

test('ids have the shapes of the contract', () => {
  assert.match(newRequestId(), /^req_[0-9A-Za-z]{24}$/);
  assert.match(newMessageId(), /^msg_[0-9A-Za-z]{24}$/);
  assert.match(newToolUseId(), /^toolu_[0-9A-Za-z]{24}$/);
  assert.match(newSessionId(), /^ses_[0-9a-f]{16}$/);
  assert.match(newGatewayId(), /^gw_[0-9a-f]{16}$/);
});

test('ids of requests sort by their time', (context) => {
  const instants = ['1999-12-31', '2026-01-01', '2026-01-01T00:00:00.001', '2038-01-20', '2500-06-01'].map(Date.parse);
  context.mock.timers.enable({ apis: ['Date'] });
  const ids = instants.map((ms) => {
    context.mock.timers.setTime(ms);
    return newRequestId();
  });
  assert.deepEqual(ids.toSorted(), ids);
});

test('ten thousand ids are all different', () => {
  const ids = new Set(Array.from({ length: 10_000 }, newMessageId));
  assert.equal(ids.size, 10_000);
});

test('every base62 character is about equally frequent', () => {
  const counts = new Map<string, number>();
  for (const character of randomBase62(62_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
  assert.equal(counts.size, 62);
  // 1,000 expected of each with a deviation of 32: 250 off is no accident.
  for (const [character, count] of counts) assert.ok(Math.abs(count - 1000) < 250, `${character}: ${count}`);
});
