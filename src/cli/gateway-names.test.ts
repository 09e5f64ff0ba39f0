import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../contract/link/messages.ts';
import { viewNames } from '../yard/names/view-names.ts';
import { createYard, step } from '../yard/step.ts';
import { namesWithoutModel } from './gateway-names.ts';

test('names on a key\u2019s list that mean no model are found', () => {
  const yard = createYard();
  const session = { machineId: 'pc', sessionId: 'pc' };
  const model: MachineModel = {
    ...{ id: 'qwen3-8b-q4', digest: '11', displayName: 'x', window: 1, slots: 1, busySlots: 0 },
    status: 'ready',
    ...{ thinking: false, tools: true, createdAtMs: 0, artefact: { format: 'ollama', name: 'qwen3:8b' } },
  };
  step(yard, { type: 'machine-connected', ...session, name: 'pc' }, 0);
  step(yard, { type: 'machine-reported', ...session, models: [model], draining: false }, 0);
  const names = viewNames(yard, new Map([['coder', 'gone']]));
  const good = [
    'qwen3-8b-q4',
    'claude-yard-qwen3-8b-q4',
    'qwen3*',
    'qwen3:8b',
    'coder',
    'small',
    'auto',
    'claude-opus-4-6',
  ];
  assert.deepEqual(namesWithoutModel(names, [...good, 'qwen3-8b-q5', 'llama*', 'claude-yard-x']), [
    'qwen3-8b-q5',
    'llama*',
    'claude-yard-x',
  ]);
});
