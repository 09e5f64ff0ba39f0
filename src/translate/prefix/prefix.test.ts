/** Chains of hashes: what two prompts have in common is what their chains have in common. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { prefixBlocks } from '../../contract/link/prefix.ts';
import { generation } from '../prompt/fixtures/model.ts';
import { prefixOf } from './prefix.ts';
import { blockChars } from './prompt-blocks.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);
const origin = { scope: 'key_1', sessionId: undefined };
const of = (request: GenerationRequest, from: { scope: string; sessionId: string | undefined } = origin) =>
  prefixOf(request, from, hash);
const user = (text: string) => ({ role: 'user', text }) as const;
const assistant = (text: string) => ({ role: 'assistant', text }) as const;
const system = (text: string) => ({ role: 'system', text }) as const;
const inCommon = (one: readonly string[], other: readonly string[]): number =>
  one.filter((block) => other.includes(block)).length;

describe('the prefix of a prompt', () => {
  const turns = [system('You help.'), user('Hello'), assistant('Hi'), user('Go on')];

  test('ends where two pictures differ', () => {
    const picture = (data: string) => ({ mediaType: 'image/png', width: 1, height: 1, data, at: 0 }) as const;
    const seeing = (data: string) =>
      of(generation({ messages: [turns[0]!, { ...user('Look'), pictures: [picture(data)] }] }));
    assert.equal(inCommon(seeing('AAAA').blocks, seeing('BBBB').blocks), 1);
    assert.deepEqual(seeing('AAAA'), seeing('AAAA'));
  });

  test('grows with the conversation: a later turn has all blocks of an earlier one', () => {
    const earlier = of(generation({ messages: turns.slice(0, 2) }));
    const later = of(generation({ messages: turns }));
    assert.deepEqual(later.blocks.slice(0, earlier.blocks.length), earlier.blocks);
    assert.equal(later.lineage, earlier.lineage);
    assert.equal(later.ends.at(-1), 1_000);
  });

  test('of another scope or model has nothing in common, although the text is the same', () => {
    const request = generation({ messages: turns });
    const mine = of(request);
    for (const other of [of(request, { ...origin, scope: 'key_2' }), of({ ...request, model: 'other' })]) {
      assert.equal(inCommon(mine.blocks, other.blocks), 0);
    }
    assert.notEqual(of(request, { ...origin, scope: 'key_2' }).lineage, mine.lineage);
  });

  test('is cut where texts are long, so that a late difference costs only what follows it', () => {
    const long = 'x'.repeat(blockChars * 5);
    const one = of(generation({ messages: [system(`${long} Today is Monday.`), user('Hello')] }));
    const other = of(generation({ messages: [system(`${long} Today is Tuesday.`), user('Hello')] }));
    assert.equal(inCommon(one.blocks, other.blocks), 5);
  });

  test('changes with what is in the prompt and with nothing else', () => {
    const request = generation({ messages: turns });
    assert.deepEqual(of({ ...request, maxTokens: 7, stopSequences: ['x'], sampling: { temperature: 0 } }), of(request));
    const tool = { name: 'look', description: '', inputSchema: { type: 'object' }, strict: false };
    assert.notDeepEqual(of({ ...request, tools: [tool] }).blocks, of(request).blocks);
  });

  test('ends a block before each answer, where a prompt may have ended: a call and its result are one', () => {
    const calling = (id: string) => ({ ...assistant(''), toolCalls: [{ id, name: 'look', input: {} }] });
    const result = (toolCallId: string) =>
      ({ role: 'tool', toolCallId, toolName: 'look', text: 'seen', isError: false }) as const;
    const messages = [user('Look twice'), calling('a'), result('a'), user('Again'), calling('b'), result('b')];
    assert.equal(of(generation({ messages })).blocks.length, 3);
    for (const end of [1, 4]) {
      const earlier = of(generation({ messages: messages.slice(0, end) })).blocks;
      assert.deepEqual(of(generation({ messages })).blocks.slice(0, earlier.length), earlier);
    }
  });

  test('tells sessions, and the agents of one session, apart', () => {
    const request = generation({ messages: turns });
    const lineages = [
      of(request, { ...origin, sessionId: 's1' }),
      of(request, { ...origin, sessionId: 's2' }),
      of(generation({ messages: [system('You search.'), user('Hello')] }), { ...origin, sessionId: 's1' }),
      of(generation({ messages: [system('You help.'), user('Another task')] }), { ...origin, sessionId: 's1' }),
    ].map(({ lineage }) => lineage);
    assert.equal(new Set(lineages).size, lineages.length);
  });

  const long = (turns: number) => [
    system('x'.repeat(22 * blockChars - 'system\n'.length)),
    ...Array.from({ length: 2 * turns - 1 }, (_, at) => (at % 2 === 0 ? user(`${at}`) : assistant(`${at}`))),
  ];

  test('of a long conversation is its beginning and its end', () => {
    const { blocks, ends } = of(generation({ messages: long(400) }));
    assert.deepEqual([blocks.length, ends.length], [prefixBlocks, prefixBlocks]);
    assert.deepEqual(
      ends,
      ends.toSorted((one, other) => one - other),
    );
    assert.equal(ends.at(-1), 1_000);
    const next = of(generation({ messages: long(403) }));
    assert.ok(inCommon(blocks, next.blocks) >= prefixBlocks - 3, 'its next turn begins like it');
  });

  test('of a new conversation has its system text in common with a long one', () => {
    const shorter = of(generation({ messages: [...long(400).slice(0, 1), user('Something else')] }));
    assert.equal(inCommon(of(generation({ messages: long(400) })).blocks, shorter.blocks), 22);
  });
});
