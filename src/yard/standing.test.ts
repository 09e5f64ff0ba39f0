import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noteDrop, noteFault, noteReport, noteSuccess, trialDue } from './standing.ts';
import { createYard, step } from './step.ts';

function oneMachine() {
  const yard = createYard();
  step(yard, { type: 'machine-connected', machineId: 'm', sessionId: 's', name: 'box', labels: [] }, 0);
  const machine = yard.machines.get('m');
  assert.ok(machine);
  const at = (nowMs: number, note: typeof noteFault): void => {
    yard.nowMs = nowMs;
    note(yard, machine);
  };
  return { yard, at, standing: machine.standing };
}

test('faults open the breaker when they come within its window, and not when they are further apart', () => {
  const { yard, at, standing } = oneMachine();
  const { breakerWindowMs, breakerFaults } = yard.limits;
  for (let fault = 0; fault < 3 * breakerFaults; fault += 1) at(fault * breakerWindowMs, noteFault);
  assert.equal(standing.breaker, 'closed');
  const laterMs = 100 * breakerWindowMs;
  for (let fault = 1; fault < breakerFaults; fault += 1) at(laterMs + fault, noteFault);
  assert.equal(standing.breaker, 'closed');
  at(laterMs + breakerFaults, noteFault);
  assert.equal(standing.breaker, 'open');
});

test('a trial that fails opens it again at once, one that is answered closes it', () => {
  const { yard, at, standing } = oneMachine();
  const { breakerWindowMs, breakerFaults } = yard.limits;
  for (let fault = 0; fault < breakerFaults; fault += 1) at(fault, noteFault);
  at(10 * breakerWindowMs, trialDue);
  at(10 * breakerWindowMs, noteFault);
  assert.equal(standing.breaker, 'open', 'the faults before are long over, one is enough');
  at(20 * breakerWindowMs, trialDue);
  at(20 * breakerWindowMs, noteSuccess);
  assert.equal(standing.breaker, 'closed');
  at(20 * breakerWindowMs + 1, noteFault);
  assert.equal(standing.breaker, 'closed', 'it begins anew');
});

test('a link that is lost again and again makes a machine unsteady, for an hour', () => {
  const { yard, at, standing } = oneMachine();
  const hourMs = 3_600_000;
  for (let drop = 0; drop <= yard.limits.dropsPerHour; drop += 1) at(drop, noteDrop);
  assert.equal(standing.unsteady, true);
  at(hourMs - 1, noteReport);
  assert.equal(standing.unsteady, true);
  at(hourMs + yard.limits.dropsPerHour, noteReport);
  assert.equal(standing.unsteady, false);
});
