import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SimulationOptions, simulate } from './simulate.ts';
import { noTampering, type Tampering } from './tampering.ts';

/** Few, for every run of the tests; `test/simulation` has many. */
const seeds = [1, 2, 4, 5, 6, 7, 8, 9];

describe('a yard of 10 machines under faults', () => {
  for (const seed of seeds) {
    test(`loses nothing and heals: seed ${seed}`, async () => {
      const report = await simulate({ seed });
      // Otherwise the run shows nothing: what a restart of the gateway and the keys' owner leave must mostly be answered.
      const {
        answered = 0,
        broken = 0,
        'rejected authentication': revoked = 0,
        'rejected rate_limit': limited = 0,
      } = report.tally;
      assert.ok(answered > (report.requests - broken - revoked - limited) / 3, JSON.stringify(report.tally));
      assert.ok(report.seen.suspicions > 0 && report.seen.resumptions > 0, JSON.stringify(report.seen));
    });
  }

  test('is the same every time for the same seed, and another for another', async () => {
    const report = await simulate({ seed: 3 });
    assert.deepEqual(await simulate({ seed: 3 }), report);
    assert.notDeepEqual(await simulate({ seed: 4 }), report);
  });

  test('takes lies about load for what they are: hints', async () => {
    const lying: Tampering = {
      ...noTampering,
      event: (event) =>
        event.type === 'machine-reported'
          ? [{ ...event, models: event.models.map((model) => ({ ...model, busySlots: 0 })) }]
          : [event],
    };
    const report = await simulate({ seed: 1 }, lying);
    assert.ok((report.tally.answered ?? 0) > report.requests / 3);
  });
});

describe('a yard without faults', () => {
  const calm = { faults: 'none', meanGapMs: 6_000 } as const satisfies Partial<SimulationOptions>;
  const expected = new Set([
    'answered',
    'cancelled',
    'rejected context_overflow',
    'rejected draining',
    // Another model has to have its time first, where there is room for one.
    'rejected model_loading',
    // Some clients ask for machines none of which has the model ready.
    'rejected no_machine',
    // The rush at the end is more than a queue holds.
    'rejected queue_full',
    // Some clients wait for a second only.
    'rejected queue_timeout',
    // A few requests crash every engine they come to, and what that one was at.
    'failed engine_crashed',
    'rejected request_crashes_engines',
    // Some keys may use little in some yards.
    'rejected rate_limit',
    'rejected unsupported_feature',
  ]);

  test('answers everything that is not withdrawn or cannot be served, and suspects nobody', async () => {
    const report = await simulate({ seed: 11, ...calm });
    assert.equal(report.seen.suspicions, 0);
    const other = Object.keys(report.tally).filter((outcome) => !expected.has(outcome));
    assert.deepEqual(other, []);
    assert.ok((report.tally.answered ?? 0) > report.requests / 2, JSON.stringify(report.tally));
  });

  test('suspects nobody for its own sleep of up to 30 s either', async () => {
    const report = await simulate({ seed: 2, ...calm, faults: 'freezes' });
    assert.equal(report.tally['failed machine_lost'] ?? 0, 0);
    assert.equal(report.tally['failed engine_stalled'] ?? 0, 0);
  });
});
