import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bare } from '../../../test/support/machine-captures.ts';
import { linuxReadSpeed } from './read-speed.ts';

const read = (text: string) => bare(linuxReadSpeed.parse([{ source: 'dd', text }]));

test('bytes and seconds of dd, not the speed it has rounded', () => {
  const text = '64+0 records in\n64+0 records out\n268435456 bytes (268 MB, 256 MiB) copied, 0.135 s, 2.0 GB/s\n';
  assert.deepEqual(read(text), { 'disk.models_read_bytes_per_s': 1_988_410_785 });
});

test('a model too small to tell, and a disk that cannot be read past the cache, are no measurement', () => {
  assert.deepEqual(read('1048576 bytes (1.0 MB, 1.0 MiB) copied, 0.000312 s, 3.4 GB/s\n'), {});
  assert.deepEqual(read("dd: failed to open 'model.gguf': Invalid argument\n"), {});
});
