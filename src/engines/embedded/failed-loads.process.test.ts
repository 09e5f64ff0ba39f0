/** Loads that must fail: a precise error that names what was seen, and the parent lives. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { scriptedGguf } from '../../../test/support/scripted-gguf.ts';
import { loadShipped, shippedModel } from '../../../test/support/scripted-gguf-run.ts';
import { EngineError, type EngineFailure } from '../../contract/engine/raw.ts';
import type { EmbeddedEngineOptions } from './embedded-engine.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metalyard-'));
});
after(() => rm(directory, { recursive: true }));

/** The failure of a load that must fail. */
async function refused(options: Partial<EmbeddedEngineOptions>): Promise<EngineFailure> {
  const error = await loadShipped(options).then(
    async (engine) => {
      await engine.close();
      return assert.fail('the load succeeded');
    },
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, String(error));
  return error.failure;
}

async function refusedFile(name: string, bytes: Uint8Array): Promise<EngineFailure> {
  const modelPath = join(directory, name);
  await writeFile(modelPath, bytes);
  const failure = await refused({ modelPath });
  assert.ok(failure.message.includes(modelPath), 'the message names the file');
  return failure;
}

test('a missing file', async () => {
  const failure = await refused({ modelPath: join(directory, 'nowhere.gguf') });
  assert.equal(failure.code, 'model-missing');
  assert.match(failure.message, /nowhere\.gguf" does not exist/);
});

test('files that are no whole GGUF are refused before a process starts', async () => {
  const whole = await readFile(shippedModel);
  for (const [name, bytes, says] of [
    ['empty.gguf', Buffer.alloc(0), /cut off/],
    ['garbage.gguf', Buffer.from('<!doctype html><title>404</title>'.repeat(9)), /not a GGUF/],
    ['cut-header.gguf', whole.subarray(0, 9_000), /cut off/],
    ['cut-tensors.gguf', whole.subarray(0, whole.length - 1_000), /tensor ".+" ends at byte \d+/],
  ] as const) {
    const failure = await refusedFile(name, bytes);
    assert.equal(failure.code, 'model-corrupt', name);
    assert.match(failure.message, says);
  }
});

test('an architecture that llama.cpp does not know', async () => {
  const failure = await refusedFile('unknown.gguf', scriptedGguf({ pieces: ['a'], architecture: 'abacus' }));
  assert.equal(failure.code, 'model-unsupported');
  assert.match(failure.message, /abacus/);
});

test('a well-formed header over tensors that make no model', async () => {
  const bytes = scriptedGguf({ pieces: ['ab'] });
  bytes.write('blk.9.attn_q.weight', bytes.indexOf('blk.0.attn_q.weight'));
  const failure = await refusedFile('wrong-tensors.gguf', bytes);
  assert.equal(failure.code, 'model-corrupt');
  assert.match(failure.message, /llama\.cpp cannot load/);
});

test('a window beyond the trained one, and more slots than memory', async () => {
  const window = await refused({ window: 65_537 });
  assert.equal(window.code, 'context-too-large');
  assert.match(window.message, /65537.*65536/);
  const slots = await refused({ window: 65_536, slots: 250 });
  assert.equal(slots.code, 'memory');
  assert.match(slots.message, /250 slots of 65536 tokens/);
});

test('a child that dies while loading, and a load that is given up', async () => {
  const program = join(directory, 'dies.mjs');
  await writeFile(program, 'process.once("message", () => process.exit(7));');
  const failure = await refused({ program });
  assert.equal(failure.code, 'crashed');
  assert.match(failure.message, /exit code 7/);

  const controller = new AbortController();
  const loading = loadShipped({ signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) });
  await assert.rejects(loading, { message: 'enough' });
});
