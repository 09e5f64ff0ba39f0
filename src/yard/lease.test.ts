import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heartbeatMs, leaseOf, newHeartbeatMs } from './lease.ts';

test('a machine is suspect after one and a half beats and lost after three; over HTTP after twice that', () => {
  assert.deepEqual(leaseOf(5_000, 'websocket'), { suspectMs: 7_500, lostMs: 15_000 });
  assert.deepEqual(leaseOf(5_000, 'http'), { suspectMs: 15_000, lostMs: 30_000 });
});

test('all machines together are heard 400 times a second at most, and waited for accordingly', () => {
  assert.equal(heartbeatMs(1), 5_000);
  assert.equal(heartbeatMs(2_000), 5_000);
  assert.equal(heartbeatMs(10_000), 25_000);
  assert.deepEqual(leaseOf(heartbeatMs(10_000), 'websocket'), { suspectMs: 37_500, lostMs: 75_000 });
});

test('a machine is told another heartbeat when the fleet has changed by more than a quarter', () => {
  assert.equal(newHeartbeatMs(5_000, 2_400), null);
  assert.equal(newHeartbeatMs(5_000, 10_000), 25_000);
  assert.equal(newHeartbeatMs(25_000, 8_000), null);
  assert.equal(newHeartbeatMs(25_000, 50), 5_000);
  assert.equal(newHeartbeatMs(5_000, 1), null);
});
