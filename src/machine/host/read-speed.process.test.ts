/** The probe for macOS and Windows uses nothing of either, and so runs here too. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeIo } from '../io/probe-io.ts';
import { hostReadSpeed } from './read-speed.ts';

const speed = (text: string) => hostReadSpeed.parse([{ source: 'read', text }])['disk.models_read_bytes_per_s'];

test('the first reading is the disk where the second was faster', () => {
  const fact = speed('268435456 bytes in 2.000000 s, again in 0.050000 s\n');
  assert.deepEqual(fact, { known: true, value: 134_217_728, source: 'read' });
});

test('a first reading that came from memory, too little, and an error are no measurement', () => {
  const fromMemory = speed('268435456 bytes in 0.060000 s, again in 0.050000 s\n');
  assert.ok(fromMemory !== undefined && !fromMemory.known && /in memory/.test(fromMemory.detail));
  assert.equal(speed('1048576 bytes in 2.000000 s, again in 0.000100 s\n')?.known, false);
  assert.equal(speed("Error: ENOENT: no such file or directory, open 'x.gguf'\n")?.known, false);
});

test('a file is really read, twice, and a folder is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metalyard-read-speed-'));
  try {
    const file = join(folder, '-model.gguf');
    writeFileSync(file, Buffer.alloc(20 * 1024 * 1024, 1));
    const [reading] = await hostReadSpeed.read(probeIo({ modelsPath: file }));
    assert.match(reading!.text, /^20971520 bytes in \d+\.\d+ s, again in \d+\.\d+ s\n$/);
    assert.doesNotMatch(reading!.source, /model\.gguf/);
    const [none] = await hostReadSpeed.read(probeIo({ modelsPath: folder }));
    const told = hostReadSpeed.parse([none!])['disk.models_read_bytes_per_s'];
    assert.ok(told !== undefined && !told.known && told.reason === 'failed', JSON.stringify(told));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
