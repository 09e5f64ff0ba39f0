import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './table.ts';

const rows = [
  ['linux-memory', 'memory, pressure and what the container may use of it'],
  ['x', 'short'],
];

test('without a limit a row is a line', () => {
  assert.equal(
    table(['probe', 'what it tells'], rows, Number.POSITIVE_INFINITY),
    'probe         what it tells\nlinux-memory  memory, pressure and what the container may use of it\nx             short\n',
  );
});

test('in a narrow terminal the last column goes on beneath itself', () => {
  assert.equal(
    table(['probe', 'what it tells'], rows, 40),
    'probe         what it tells\nlinux-memory  memory, pressure and what\n              the container may use of\n              it\nx             short\n',
  );
});
