import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentMessage, MachineModel } from '../contract/link/messages.ts';
import { known } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { type Occasion, Reports } from './reports.ts';

const report = (draining = false): Occasion['report'] => ({ type: 'report', models: [], draining });
const free = (bytes: number): Facts => ({ 'memory.available_bytes': known(bytes, '/proc/meminfo') });
const pluggedIn: Facts = { 'power.source': known('ac', '/sys') };

/** Says one thing after another in one session, each at its time, ms. */
function session(protocol = 2, heartbeatMs = 5_000) {
  const reports = new Reports();
  const say = (nowMs: number, live: Facts, isHeartbeat = true, draining = false) =>
    reports.next({ report: report(draining), live, protocol, nowMs, isHeartbeat, heartbeatMs });
  return { reports, say };
}

test('a session is told all of it first, then that nothing has changed', () => {
  const { reports, say } = session();
  assert.deepEqual(say(0, free(1)), { ...report(), live: free(1) });
  assert.deepEqual(say(5_000, free(1)), { type: 'beat' });
  reports.forget();
  assert.deepEqual(say(10_000, free(1)), { ...report(), live: free(1) });
});

test('what was told with all facts is told again when it has changed', () => {
  const { reports, say } = session();
  reports.factsTold({ ...free(1), ...pluggedIn }, 0);
  assert.deepEqual(say(0, { ...free(1), ...pluggedIn }), report());
  reports.factsTold({ ...free(2), ...pluggedIn }, 7_000);
  assert.deepEqual(say(7_000, { ...free(2), ...pluggedIn }, false), { type: 'beat' });
  assert.deepEqual(say(37_000, { ...free(3), ...pluggedIn }), { type: 'beat', live: free(3) });
  reports.forget();
  assert.deepEqual(say(37_001, free(3)), { ...report(), live: free(3) });
});

test('where heartbeats are far apart, facts that change go with each sixth', () => {
  const { say } = session(2, 25_000);
  say(0, free(1));
  assert.deepEqual(say(50_000, free(2)), { type: 'beat' });
  assert.deepEqual(say(125_000, free(3)), { type: 'beat' });
  assert.deepEqual(say(150_000, free(4)), { type: 'beat', live: free(4) });
});

test('what has changed is reported at once, without the facts', () => {
  const { say } = session();
  say(0, free(1));
  assert.deepEqual(say(5_000, free(2), false, true), report(true));
  assert.deepEqual(say(10_000, free(2), true, true), { type: 'beat' });
});

test('facts that change go with a heartbeat twice a minute, and those alone that have changed', () => {
  const { say } = session();
  say(0, { ...free(1), ...pluggedIn });
  assert.deepEqual(say(29_999, { ...free(2), ...pluggedIn }), { type: 'beat' });
  assert.deepEqual(say(30_000, { ...free(3), ...pluggedIn }), { type: 'beat', live: free(3) });
  assert.deepEqual(say(59_999, { ...free(4), ...pluggedIn }), { type: 'beat' });
  assert.deepEqual(say(60_000, { ...free(3), ...pluggedIn }), { type: 'beat' }, 'as it was told');
  assert.deepEqual(say(65_000, { ...free(5), ...pluggedIn }), { type: 'beat', live: free(5) });
  assert.deepEqual(say(95_000, { ...free(6), ...pluggedIn }, true, true), {
    ...report(true),
    live: { ...free(6), ...pluggedIn },
  });
});

test('a fact somebody wants told is told at once', () => {
  const { say } = session();
  say(0, free(1));
  assert.deepEqual(say(1_000, { ...free(1), ...pluggedIn }, false), { type: 'beat', live: pluggedIn });
});

test('a fact nobody reads any more is taken back', () => {
  const { say } = session();
  say(0, { ...free(1), ...pluggedIn });
  assert.deepEqual(say(5_000, free(1)), { ...report(), live: free(1) });
  assert.deepEqual(say(10_000, free(1)), { type: 'beat' });
});

test('a gateway of the first version hears everything every time', () => {
  const { say } = session(1);
  say(0, free(1));
  assert.deepEqual(say(5_000, free(1)), { ...report(), live: free(1) });
});

const model: MachineModel = {
  id: 'tiny',
  digest: 'd',
  displayName: 'Tiny',
  status: 'ready',
  window: 8_192,
  slots: 2,
  busySlots: 0,
  thinking: true,
  tools: true,
  createdAtMs: 0,
};

/** What is said when a report of the one model is followed by one of the other. */
function then(one: Partial<MachineModel>, other: Partial<MachineModel>): AgentMessage['type'] {
  const reports = new Reports();
  const say = (told: Partial<MachineModel>, nowMs: number) => {
    const all = [{ ...model, ...told }];
    const list = told.status === 'available' ? { models: [], available: all } : { models: all };
    const says: Occasion['report'] = { type: 'report', ...list, draining: false };
    return reports.next({ report: says, live: {}, protocol: 2, nowMs, isHeartbeat: true, heartbeatMs: 5_000 });
  };
  say(one, 0);
  return say(other, 5_000).type;
}

test('figures that drift by themselves are told again when they have changed noticeably', () => {
  const pace = { readPerS: 1_000, writePerS: 50, startMs: 10, wakeMs: 0, confidence: 0.97 };
  assert.equal(then({ pace }, { pace: { ...pace, readPerS: 960.1234, confidence: 0.96 } }), 'beat');
  assert.equal(then({ pace }, { pace: { ...pace, readPerS: 940 } }), 'report');
  assert.equal(then({ pace }, { pace: { ...pace, wakeMs: 300 } }), 'report');
  assert.equal(then({}, { pace }), 'report');
  const onDisk = { status: 'available', bytes: 4e9, room: 'free' } as const;
  assert.equal(then(onDisk, { ...onDisk, bytes: 4.1e9, window: 8_320 }), 'beat');
  assert.equal(then(onDisk, { ...onDisk, window: 4_096 }), 'report');
  assert.equal(then(onDisk, { ...onDisk, room: 'taken' }), 'report');
});

test('the window and the slots of a model that is served are told exactly', () => {
  assert.equal(then({}, { window: 8_191 }), 'report');
  assert.equal(then({}, { busySlots: 1 }), 'report');
  assert.equal(then({}, {}), 'beat');
});
