/** Our table of tensor types against the engine's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { tensorTypes } from './tensor-types.ts';

/** The binding keeps this to itself; no public call tells the sizes. */
interface Binding {
  getBlockSizeForGgmlType(type: number): number | undefined;
  getTypeSizeForGgmlType(type: number): number | undefined;
}

test('block and byte sizes agree with llama.cpp, and no type is missing', async () => {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: 1,
    logLevel: LlamaLogLevel.error,
  });
  const binding = (llama as unknown as { _bindings: Binding })._bindings;
  const engine = new Map<number, [number, number]>();
  for (let type = 0; type < 64; type++) {
    const [values, bytes] = [binding.getBlockSizeForGgmlType(type), binding.getTypeSizeForGgmlType(type)];
    if (values && bytes) engine.set(type, [values, bytes]);
  }
  const ours = new Map([...tensorTypes].map(([type, block]) => [type, [...block]]));
  assert.deepEqual(ours, engine);
  await llama.dispose();
});
