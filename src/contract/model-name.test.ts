import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modelName, nameParts, parametersOf, quantisationWord, type ToldName } from './model-name.ts';

describe('one model under the names of many places is one name', () => {
  const meetings: readonly (readonly [id: string, ...names: readonly (string | ToldName)[]])[] = [
    [
      'qwen3-8b-q4',
      'Qwen3-8B-Q4_K_M.gguf',
      { name: '/models/qwen3-8b.gguf', quantisation: 'Q4_K_M' },
      { name: 'qwen3:8b', quantisation: 'Q4_K_M' },
      { name: 'qwen3:latest', quantisation: 'Q4_K_M', size: '8B' },
      'qwen3:8b-q4_K_M',
      'mlx-community/Qwen3-8B-4bit',
      'Qwen/Qwen3-8B-AWQ',
      'Qwen/Qwen3-8B-GPTQ-Int4',
      'lmstudio-community/Qwen3-8B-MLX-4bit',
      'Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M-00001-of-00002.gguf',
    ],
    [
      'llama3.1-8b-instruct-q8',
      'Meta-Llama-3.1-8B-Instruct-Q8_0.gguf',
      { name: 'llama3.1:8b', quantisation: 'Q8_0', finetune: 'Instruct' },
      'mlx-community/Meta-Llama-3.1-8B-Instruct-8bit',
      'meta-llama/Llama-3.1-8B-Instruct-W8A8',
    ],
    [
      'gemma3-4b-instruct-bf16',
      'google/gemma-3-4b-it-bf16',
      { name: 'gemma3:4b', quantisation: 'BF16', finetune: 'it' },
      'gemma-3-4b-it-BF16.gguf',
    ],
    ['gpt-oss-20b-mxfp4', 'gpt-oss-20b-MXFP4.gguf', { name: 'gpt-oss:20b', quantisation: 'MXFP4' }],
    ['qwen3-30b-a3b-instruct-2507-q4', 'Qwen3-30B-A3B-Instruct-2507-Q4_K_M.gguf', 'Qwen3-30B-A3B-Instruct-2507-4bit'],
  ];
  for (const [id, ...names] of meetings) {
    for (const name of names) {
      const told = typeof name === 'string' ? { name } : name;
      test(`${told.name} is ${id}`, () => assert.equal(modelName(told), id));
    }
  }
});

describe('what is not the same has another name', () => {
  const names = [
    ['Qwen2.5-7B-Q4_K_M.gguf', 'qwen2.5-7b-q4'],
    ['Qwen2.5-7B-Instruct-Q4_K_M.gguf', 'qwen2.5-7b-instruct-q4'],
    ['Qwen2.5-Coder-7B-Instruct-Q4_K_M.gguf', 'qwen2.5-coder-7b-instruct-q4'],
    ['Qwen2.5-7B-Instruct-Q4_0.gguf', 'qwen2.5-7b-instruct-q4-0'],
    ['Qwen2.5-7B-Instruct-Q4_K_S.gguf', 'qwen2.5-7b-instruct-q4-k-s'],
    ['Qwen2.5-7B-Instruct-Q4_K_L.gguf', 'qwen2.5-7b-instruct-q4-k-l'],
    ['Qwen2.5-7B-Instruct-IQ4_XS.gguf', 'qwen2.5-7b-instruct-iq4-xs'],
    ['DeepSeek-R1-UD-IQ2_XXS-00001-of-00004.gguf', 'deepseek-r1-ud-iq2-xxs'],
    ['tinyllama-1.1b-chat-v1.0.f16.gguf', 'tinyllama-1.1b-chat-v1.0-f16'],
    ['metalyard-tiny-q8_0.gguf', 'metalyard-tiny-q8'],
    ['Mixtral-8x7B-Instruct-v0.1-Q5_K_M.gguf', 'mixtral-8x7b-instruct-v0.1-q5'],
    ['Devstral-Small-2507-Q6_K.gguf', 'devstral-small-2507-q6'],
    ['my model.gguf', 'my-model'],
    ['---', 'model'],
    ['', 'model'],
  ] as const;
  for (const [name, id] of names) test(`${name} is ${id}`, () => assert.equal(modelName({ name }), id));
});

test('a name is its own name', () => {
  const names = ['qwen3-8b-q4', 'llama3.1-8b-instruct-q8', 'a-1b-q4-k-s', 'a-1b-iq2-xxs', 'gpt-oss-20b-mxfp4', 'model'];
  for (const name of names) {
    const { quantisation } = nameParts(name);
    assert.equal(modelName({ name, quantisation }), name);
  }
});

test('quantisations by their words', () => {
  const words = {
    Q4_K_M: 'q4',
    '4bit': 'q4',
    '8-bit': 'q8',
    FP16: 'f16',
    Q5_1: 'q5-1',
    MXFP4_MOE: 'mxfp4',
    unheard: 'unheard',
  };
  for (const [label, word] of Object.entries(words)) assert.equal(quantisationWord(label), word);
});

test('what a name says', () => {
  assert.deepEqual(nameParts('qwen3-30b-a3b-instruct-2507-q4'), {
    family: 'qwen3',
    parameters: 30e9,
    activeParameters: 3e9,
    quantisation: 'q4',
  });
  assert.deepEqual(nameParts('mixtral-8x7b-iq2-xxs').parameters, 56e9);
  assert.equal(nameParts('mixtral-8x7b-iq2-xxs@0123abcd').quantisation, 'iq2-xxs');
  assert.equal(nameParts('gemma3-270m-instruct-q8').parameters, 270e6);
  assert.deepEqual(nameParts('my-model'), {
    family: 'my-model',
    parameters: null,
    activeParameters: null,
    quantisation: null,
  });
  assert.equal(parametersOf('8.2B'), 8.2e9);
  assert.equal(parametersOf('large'), null);
  assert.equal(parametersOf(null), null);
});
