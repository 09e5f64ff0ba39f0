import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anyPlace, type KeyPlaces } from '../contract/key-places.ts';
import { defaultRules } from '../contract/quota.ts';
import type { YardEvent } from '../yard/events.ts';
import { createYard, step } from '../yard/step.ts';
import { KeyWatch } from './key-watch.ts';

const keyOf = (id: string, places: KeyPlaces | null) =>
  ({ id, label: id, models: null, places, group: null, rules: defaultRules, version: 1 }) as const;

test('the yard is told of keys whose requests wait, when something was written and not before', async () => {
  const state = createYard();
  const told: YardEvent[] = [];
  let changes = '1/0';
  const placed = { ...anyPlace, trustedOnly: true };
  const keys = {
    get changes() {
      return changes;
    },
    current: async (keyId: string) => (keyId === 'ann' ? keyOf('ann', placed) : undefined),
  };
  let nowMs = 0;
  const time = { nowMs: () => nowMs, after: () => () => {} };
  const watch = new KeyWatch(keys, { state, tell: (event) => void told.push(event) }, { warn: assert.fail }, time);
  try {
    for (const keyId of ['ann', 'bob']) {
      const request = { requestId: `req_${keyId}`, keyId, model: 'big', estimatedTokens: 10 };
      step(state, { type: 'request-submitted', ...request }, 0);
    }
    await watch.look();
    assert.deepEqual(told, []);
    changes = '2/0';
    await watch.look();
    assert.deepEqual(told, [
      { type: 'key-placed', keyId: 'ann', places: placed },
      { type: 'key-revoked', keyId: 'bob' },
    ]);
    // Somebody may have asked before that whose request has just come to the yard.
    nowMs = 68_000;
    await watch.look();
    assert.equal(told.length, 4);
    nowMs = 68_001;
    await watch.look();
    assert.equal(told.length, 4);
  } finally {
    watch.stop();
  }
});
