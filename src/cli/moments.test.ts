import assert from 'node:assert/strict';
import { test } from 'node:test';
import { from, span } from './moments.ts';

test('spans are numbers with a unit', () => {
  assert.deepEqual(['30s', '15m', '2h', '1d'].map(span), [30_000, 900_000, 7_200_000, 86_400_000]);
  for (const text of ['', '0m', '5', '1w', '-1d', '1.5h'])
    assert.throws(() => span(text), /such as 30s, 15m, 2h/, text);
});

test('moments are days and times of day, or spans from now', () => {
  assert.equal(from('ahead')('2026-12-31'), Date.UTC(2026, 11, 31));
  assert.equal(from('ahead')('2026-12-31T18:00Z'), Date.UTC(2026, 11, 31, 18));
  assert.equal(from('back')('2026-12-31T18:00:05+02:00'), Date.UTC(2026, 11, 31, 16, 0, 5));
  const [ahead, back] = [from('ahead')('2h'), from('back')('2h')].map((ms) => (ms - Date.now()) / 3_600_000);
  assert.deepEqual([Math.round(ahead ?? 0), Math.round(back ?? 0)], [2, -2]);
  // A time without a zone would be the computer's own.
  for (const text of ['', '2026-02-31', '2026-13-01', '31.12.2026', '2026-12-31T18:00', 'tomorrow']) {
    assert.throws(() => from('ahead')(text), /a day such as 2026-12-31/, text);
  }
});
