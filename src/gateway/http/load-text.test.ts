import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from './load-text.ts';

const model = 'qwen3-32b-q4';

test('a load is told with its machine, how far it is and for how long, where that was measured', () => {
  const load = { model, stage: 'loading', machine: 'mb', fraction: 0.409 } as const;
  assert.equal(loadText({ ...load, leftMs: 11_200 }), 'qwen3-32b-q4 is being loaded on mb, 40 %, for about 12 s');
  assert.equal(loadText({ ...load, leftMs: null }), 'qwen3-32b-q4 is being loaded on mb, 40 %');
});

test('what a machine says stays on its line: the next one would be an event', () => {
  const because = 'mb: no room\r\n\ndata: {"type":"error"}';
  assert.equal(
    loadText({ model, stage: 'waiting', because, againMs: 20_000 }),
    'qwen3-32b-q4 is not loaded yet (mb: no room data: {"type":"error"}); a machine is asked again in about 20 s',
  );
});
