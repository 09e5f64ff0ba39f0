/** What clients are told is text in every encoding: no half of a surrogate pair, wherever the deltas were cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Block, GenerationEvent } from '../../contract/generation/events.ts';
import { createMessageFold } from './message-fold.ts';
import { createStreamWriter } from './stream-writer.ts';

const options = {
  requestId: 'req_test',
  messageId: 'msg_test',
  model: 'tiny',
  signThinking: (text: string) => `signed ${text.length}`,
};
const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 };

const answerOf = (block: Block, pieces: readonly string[]): GenerationEvent[] => [
  { type: 'generation-start', promptTokens: 1, cachedTokens: 0 },
  { type: 'block-start', block },
  ...pieces.map((text) => ({ type: 'block-delta', text }) as const),
  { type: 'block-end' },
  { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage },
];

/** The deltas a client reads, each through UTF-8 as the network has it. */
function deltasOf(events: readonly GenerationEvent[]): string[] {
  const writer = createStreamWriter(options);
  const bytes = new TextEncoder().encode(events.map((event) => writer.write(event)).join(''));
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  // Only a line feed ends a line of a stream.
  const lines = text.split('\n').filter((line) => line.startsWith('data: '));
  return lines.flatMap((line) => {
    const { delta } = JSON.parse(line.slice('data: '.length));
    const said = delta?.text ?? delta?.thinking ?? delta?.partial_json;
    return said === undefined ? [] : [said];
  });
}

function foldOf(events: readonly GenerationEvent[]): string {
  const fold = createMessageFold(options);
  let told = '';
  for (const event of events) {
    const result = fold.push(event);
    if (result?.kind !== 'message') continue;
    const [block] = result.message.content;
    if (block?.type === 'text') told = block.text;
    else if (block?.type === 'thinking') {
      told = block.thinking;
      assert.equal(block.signature, options.signThinking(told), 'what is signed is what is told');
    }
  }
  return told;
}

test('an emoji cut between two deltas arrives whole', () => {
  assert.deepEqual(deltasOf(answerOf({ kind: 'text' }, ['a\ud83d', '\ude00b'])), ['a', '😀b']);
});

test('a half whose other half never comes is told as what it is', () => {
  assert.deepEqual(deltasOf(answerOf({ kind: 'text' }, ['a\ud83d'])), ['a', '\ufffd']);
  assert.deepEqual(deltasOf(answerOf({ kind: 'text' }, ['a\ud83d', 'b', '\ude00'])), ['a', '\ufffdb', '\ufffd']);
});

test('a half does not leak into the next block or a tool call', () => {
  const input = deltasOf(answerOf({ kind: 'tool-use', id: 'toolu_1', name: 'a' }, ['{"x":"\ud83d"}']));
  assert.deepEqual(input, ['{"x":"\ufffd"}']);
});

test('however a text is cut, stream and message hold the same whole characters', () => {
  const piece = fc.string({ unit: fc.constantFrom('\ud83d', '\ude00', 'a', '\u0000', '\u2028', 'ü'), maxLength: 5 });
  fc.assert(
    fc.property(fc.array(piece), fc.constantFrom('text' as const, 'thinking' as const), (pieces, kind) => {
      const events = answerOf({ kind }, pieces);
      const deltas = deltasOf(events);
      for (const delta of deltas) assert.ok(delta.isWellFormed());
      assert.equal(deltas.join(''), pieces.join('').toWellFormed());
      assert.equal(foldOf(events), pieces.join('').toWellFormed());
    }),
  );
});
