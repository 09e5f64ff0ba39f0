import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newHabit, noteOutput, reservedOutput } from './output-habit.ts';

test('what is set aside follows the answers of the key, and never exceeds what was asked for', () => {
  const habit = newHabit();
  assert.equal(reservedOutput(habit, 32_000), 4_096, 'nothing is known yet');
  assert.equal(reservedOutput(habit, 100), 100);
  for (let tokens = 10; tokens <= 100; tokens += 10) noteOutput(habit, tokens);
  assert.equal(reservedOutput(habit, 32_000), 135, '1.5 times 90, the ninth of ten');
  for (let answer = 0; answer < 64; answer += 1) noteOutput(habit, 10_000);
  assert.equal(reservedOutput(habit, 32_000), 4_096);
  for (let answer = 0; answer < 64; answer += 1) noteOutput(habit, 2);
  assert.equal(reservedOutput(habit, 32_000), 3, 'old answers are forgotten');
});
