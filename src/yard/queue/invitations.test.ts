import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fleetOf } from '../routing/fleet.ts';
import { createYard } from '../state.ts';
import { earnInvitation, takeInvitation } from './invitations.ts';

test('keys that have all their invitations again are forgotten, those that have spent some are not', () => {
  const yard = createYard();
  yard.nowMs = 0;
  for (let count = 0; count < 30; count += 1) assert.ok(takeInvitation(yard, 'spender'));
  assert.equal(takeInvitation(yard, 'spender'), false);
  for (let key = 0; key < 5_000; key += 1) earnInvitation(yard, `key_${key}`);
  assert.ok(yard.invitations.size < 10, `${yard.invitations.size} keys are kept`);
  assert.equal(takeInvitation(yard, 'spender'), false, 'it has no more than it had');
  yard.nowMs = 4_000;
  assert.equal(takeInvitation(yard, 'spender'), true, 'one every four seconds');
});

test('models that nobody has are remembered up to a bound', () => {
  const yard = createYard();
  for (let model = 0; model < 5_000; model += 1) fleetOf(yard, `model_${model}`);
  assert.ok(yard.fleets.size <= 1_000, `${yard.fleets.size} models are kept`);
});
