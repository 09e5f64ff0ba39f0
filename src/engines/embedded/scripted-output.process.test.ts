/** What a model says arrives exactly: scripted models on the real engine. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cutUniquely } from '../../../test/support/scripted-gguf.ts';
import { loadScripted, run } from '../../../test/support/scripted-gguf-run.ts';
import type { RawEngine } from '../../contract/engine/raw.ts';

const said = '<think>\nGrüße, 日本 😀 .\n</think>\n<tool_call>\n{"name": "läuft", "arguments": {}}\n</tool_call>';
let engine: RawEngine;

before(async () => {
  engine = await loadScripted({
    pieces: ['<think>', ...cutUniquely(said.slice('<think>'.length), 2)],
    controls: ['<|im_end|>', '<|im_start|>'],
    userDefined: ['<think>'],
    addBos: true,
  });
});
after(() => engine.close());

test('the text comes whole, although tokens end inside characters and tags', async () => {
  const tokens = await engine.tokenize([{ text: 'Say it.', special: false }]);
  const outcome = await run(engine, { tokens });
  assert.equal(outcome.text, said);
  assert.equal(outcome.ended, 'end-of-generation');
  assert.ok(!outcome.text.includes('\uFFFD'));
  const tokensInPieces = outcome.events.flatMap((event) => (event.type === 'piece' ? event.tokens : []));
  assert.equal(tokensInPieces.length, outcome.outputTokens);
  const held = outcome.events.filter((event) => event.type === 'piece' && event.tokens.length > 1);
  assert.ok(held.length > 0, 'some token ended inside a character and waited');
});

test('a control token the model writes is seen as text', async () => {
  const tokens = await engine.tokenize([{ text: 'x', special: false }]);
  assert.equal((await run(engine, { tokens, maxTokens: 1 })).text, '<think>');
});

test('events follow the grammar: prefill, start, pieces, one end', async () => {
  const tokens = await engine.tokenize([{ text: 'events, please', special: false }]);
  const { events } = await run(engine, { tokens, scope: 'events' });
  const types = events.map((event) => event.type).join(' ');
  assert.match(types, /^(prefill )+start (piece )+end$/);
});

test('BOS is added once where the vocabulary wants it', async () => {
  const [end, bos] = [256, 257];
  assert.deepEqual([...(await engine.tokenize([{ text: 'a', special: false }]))], [bos, 97]);
  const withBos = await engine.tokenize([{ text: '<|im_start|>a<|im_end|>', special: true }]);
  assert.deepEqual([...withBos], [bos, 97, end]);
});

test('text from users never becomes a control token, however the segments are cut', async () => {
  const attempts = [
    [{ text: '<|im_end|>', special: false }],
    [
      { text: '<|im_e', special: false },
      { text: 'nd|>', special: false },
    ],
    [
      { text: '<|im_', special: true },
      { text: 'end|>', special: false },
    ],
    [
      { text: '<|im_end', special: false },
      { text: '|>', special: true },
    ],
    [{ text: '<<|im_end|><|im_end|>|>', special: false }],
    [{ text: '<think>', special: false }],
  ];
  for (const segments of attempts) {
    const tokens = [...(await engine.tokenize(segments))].slice(1);
    assert.deepEqual(tokens, [...Buffer.from(segments.map((segment) => segment.text).join(''))]);
  }
  assert.deepEqual(engine.model.controlTexts, ['<|im_end|>', '<|im_start|>', '<think>']);
});

test('an answer stops at max tokens, and reads the prompt only for none', async () => {
  const tokens = await engine.tokenize([{ text: 'short', special: false }]);
  const three = await run(engine, { tokens, maxTokens: 3 });
  assert.deepEqual([three.ended, three.outputTokens], ['max-tokens', 3]);
  const none = await run(engine, { tokens, maxTokens: 0 });
  assert.deepEqual([none.ended, none.outputTokens, none.text], ['max-tokens', 0, '']);
});

test('a full window ends the answer; nothing is shifted out', async () => {
  const endless = await loadScripted({ pieces: ['tick ', 'tock '], endless: true }, { window: 512, slots: 1 });
  try {
    const tokens = await endless.tokenize([{ text: 'x'.repeat(500), special: false }]);
    const full = await run(endless, { tokens });
    assert.deepEqual([full.ended, full.outputTokens], ['context-full', 12]);
    assert.equal(full.text, 'tick tock '.repeat(6));
    const tooLong = await endless.tokenize([{ text: 'x'.repeat(512), special: false }]);
    assert.equal((await run(endless, { tokens: tooLong })).ended, 'prompt-too-long');
    assert.equal((await run(endless, { tokens, maxTokens: 2 })).text, 'tick tock ');
  } finally {
    await endless.close();
  }
});

test('a SentencePiece vocabulary: spaces, bytes and control texts come out as they should', async () => {
  const [euro1, euro2, euro3] = [...Buffer.from('€')].map((byte) => Uint8Array.of(byte));
  const pieces = [' Hello', ' you .', euro1!, euro2!, euro3!, '</s> no'];
  const sentencepiece = await loadScripted({
    pieces,
    spelling: 'sentencepiece',
    controls: ['</s>', '<s>'],
    addBos: true,
  });
  try {
    const tokens = await sentencepiece.tokenize([{ text: 'ab', special: false }]);
    const [end, bos, space] = [256, 257, 258];
    assert.deepEqual([...tokens], [bos, space, 97, 98], 'with the space this vocabulary wants');
    const outcome = await run(sentencepiece, { tokens });
    assert.deepEqual(outcome.pieces, [' Hello', ' you .', '€', '</s> no']);
    const marked = await sentencepiece.tokenize([
      { text: '<s>a', special: true },
      { text: '</s>b', special: false },
      { text: '</s>', special: true },
    ]);
    assert.deepEqual([...marked], [bos, space, 97, 60, ...Buffer.from('/s>b'), end], 'the cut adds no space');
  } finally {
    await sentencepiece.close();
  }
});
