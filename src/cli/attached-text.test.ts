import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../contract/link/messages.ts';
import { attachedText } from './attached-text.ts';

test('two machines with one model are told apart', () => {
  const model: MachineModel = {
    ...{ id: 'qwen3-8b-q4', digest: 'd', displayName: 'Qwen', status: 'ready', window: 8_192, slots: 2, busySlots: 0 },
    ...{ thinking: false, tools: true, createdAtMs: 0 },
    attached: {
      server: 'Ollama 0.9.0',
      loaded: true,
      counting: 'estimated',
      cacheReporting: 'none',
      windowFrom: 'loaded',
    },
  };
  const machines = ['desk', 'cellar'].map((name) => ({ name, models: [model] }));
  const lines = attachedText(machines).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('  qwen3')),
    ['desk', 'cellar'].map(
      (name) => `  qwen3-8b-q4 on ${name}: Ollama 0.9.0, loaded; window as loaded; counts estimated`,
    ),
  );
  assert.equal(attachedText([]), '');
});
