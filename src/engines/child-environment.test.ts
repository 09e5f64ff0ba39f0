import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childEnvironment } from './child-environment.ts';

test('a child learns where libraries and GPUs are, and none of the secrets', () => {
  const parent = {
    Path: 'C:\\Windows',
    HOME: '/home/ann',
    LD_LIBRARY_PATH: '/usr/lib/wsl/lib',
    CUDA_VISIBLE_DEVICES: '1',
    GGML_VK_VISIBLE_DEVICES: '0',
    ANTHROPIC_API_KEY: 'secret',
    METALYARD_KEY: 'secret',
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: '/tmp/evil.so',
  };
  assert.deepEqual(Object.keys(childEnvironment(parent)), [
    'Path',
    'HOME',
    'LD_LIBRARY_PATH',
    'CUDA_VISIBLE_DEVICES',
    'GGML_VK_VISIBLE_DEVICES',
  ]);
});
