import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ggufFile, type WrittenTensor } from '../../../test/support/scripted-gguf-format.ts';
import { EngineError } from '../../contract/engine/raw.ts';
import { modelName } from '../../contract/model-name.ts';
import { readGgufFacts } from './gguf-facts.ts';

const shippedModel = fileURLToPath(new URL('../../../models/metalyard-tiny-q8_0.gguf', import.meta.url));
const llama = {
  'general.architecture': { text: 'llama' },
  'llama.block_count': { u32: 2 },
  'llama.embedding_length': { u32: 512 },
  'llama.attention.head_count': { u32: 8 },
} as const;
const tensor = (name: string, values = 64): WrittenTensor => ({
  name,
  dimensions: [values],
  type: 0,
  values: new Float32Array(values),
});
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metalyard-'));
});
after(() => rm(directory, { recursive: true }));

async function factsOf(name: string, bytes: Uint8Array) {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return readGgufFacts(path);
}

test('the shipped model', async () => {
  const facts = await readGgufFacts(shippedModel);
  assert.equal(modelName({ name: shippedModel, quantisation: facts.quantisation }), 'metalyard-tiny-q8');
  assert.deepEqual(
    { ...facts, chatTemplate: facts.chatTemplate?.length, modifiedAtMs: 0 },
    {
      digest: 'c8ed5011b434735a2a9e05ec33491df800972298ab8c3adfa7d8ec2a0a5fc595',
      architecture: 'llama',
      name: 'Metalyard Tiny',
      quantisation: 'Q8_0',
      trainedWindow: 65_536,
      layers: 6,
      kvBytesPerToken: 6 * 6 * (32 + 32) * 2,
      weightBytes: 3_065_088,
      parameters: 2_877_888,
      activeParameters: 2_877_888,
      chatTemplate: 1_897,
      sampling: { temperature: 0 },
      fileBytes: 3_100_480,
      modifiedAtMs: 0,
    },
  );
});

test('sampling the author recommends is taken where it is in range', async () => {
  const facts = await factsOf(
    'sampling.gguf',
    ggufFile(
      {
        ...llama,
        'general.sampling.temp': { f32: 0.5 },
        'general.sampling.top_p': { f32: 7 },
        'general.sampling.top_k': { u32: 20 },
      },
      [tensor('a')],
    ),
  );
  assert.deepEqual(facts.sampling, { temperature: 0.5, topK: 20 });
});

test('parameters: all, and of a mixture of experts those that are used', async () => {
  const mixture = { ...llama, 'llama.expert_count': { u32: 8 }, 'llama.expert_used_count': { u32: 2 } } as const;
  const tensors = [tensor('blk.0.ffn_up_exps.weight', 800), tensor('blk.0.attn_q.weight', 100)];
  const facts = await factsOf('mixture.gguf', ggufFile(mixture, tensors));
  assert.deepEqual([facts.parameters, facts.activeParameters], [900, 300]);
  const dense = await factsOf('dense.gguf', ggufFile(llama, tensors));
  assert.deepEqual([dense.parameters, dense.activeParameters], [900, 900]);
});

test('KV bytes: from head counts, explicit lengths, and counts per layer', async () => {
  const plain = await factsOf('a.gguf', ggufFile(llama, [tensor('t')]));
  assert.equal(plain.kvBytesPerToken, 2 * 8 * (64 + 64) * 2);
  const grouped = {
    ...llama,
    'llama.attention.head_count_kv': { u32: 2 },
    'llama.attention.key_length': { u32: 96 },
  } as const;
  assert.equal((await factsOf('b.gguf', ggufFile(grouped, [tensor('t')]))).kvBytesPerToken, 2 * 2 * (96 + 64) * 2);
  // a hybrid model: only the second layer has attention
  const hybrid = { ...llama, 'llama.attention.head_count_kv': { i32s: [0, 4] } } as const;
  assert.equal((await factsOf('c.gguf', ggufFile(hybrid, [tensor('t')]))).kvBytesPerToken, 4 * (64 + 64) * 2);
});

test('the digest follows header, tensor table, size and template, not the name or the weights', async () => {
  const digest = async (name: string, bytes: Uint8Array) => (await factsOf(name, bytes)).digest;
  const bytes = ggufFile(llama, [tensor('t')]);
  const same = Buffer.from(bytes);
  same[same.length - 1] = 1; // inside the tensor
  assert.equal(await digest('d.gguf', bytes), await digest('e.gguf', same));
  const others = [
    ggufFile({ ...llama, 'tokenizer.chat_template': { text: 'x' } }, [tensor('t')]),
    ggufFile(llama, [tensor('u')]),
    ggufFile(llama, [tensor('t', 65)]),
    Buffer.concat([bytes, Buffer.alloc(32)]),
  ];
  const digests = await Promise.all(others.map((other, index) => digest(`f${index}.gguf`, other)));
  assert.equal(new Set([...digests, await digest('d.gguf', bytes)]).size, 5);
});

test('a split model counts all its parts, and says which one is missing', async () => {
  const split = { ...llama, 'split.count': { u32: 2 } } as const;
  const first = ggufFile(split, [tensor('a')]);
  const missing = factsOf('big-Q4_0-00001-of-00002.gguf', first);
  await assert.rejects(missing, (error) => error instanceof EngineError && /00002-of-00002/.test(error.message));
  await writeFile(
    join(directory, 'big-Q4_0-00002-of-00002.gguf'),
    ggufFile({ 'split.count': { u32: 2 } }, [tensor('b', 100)]),
  );
  const facts = await readGgufFacts(join(directory, 'big-Q4_0-00001-of-00002.gguf'));
  assert.equal(facts.weightBytes, (64 + 100) * 4);
  assert.equal(facts.quantisation, 'Q4_0');
  const second = readGgufFacts(join(directory, 'big-Q4_0-00002-of-00002.gguf'));
  await assert.rejects(second, /name part 1 instead/);
});

test('a vocabulary beyond the first read is stepped over', async () => {
  const tokens = Array.from({ length: 100_000 }, (_, index) => `a token of some length ${index}`);
  const facts = await factsOf(
    'g.gguf',
    ggufFile({ ...llama, 'tokenizer.ggml.tokens': { texts: tokens } }, [tensor('t')]),
  );
  assert.ok(facts.fileBytes > 2 ** 20);
  assert.equal(facts.architecture, 'llama');
});
