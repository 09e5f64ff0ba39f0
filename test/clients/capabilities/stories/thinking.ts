/** Thinking: shown when asked for, signed, and taken back. */
import assert from 'node:assert/strict';
import { textOf } from '../../../support/read-stream.ts';
import { assistant, bothWays, says, user } from '../story.ts';

const sum = says('What is 3 + 4?');
/** Room for the whole budget and an answer. */
const max_tokens = 1_500;

export const thinkingStories = {
  'thinking enabled, signed, echoed': bothWays(async ({ ask }) => {
    const thinking = { type: 'enabled', budget_tokens: 1_024 } as const;
    const { content } = await ask({ ...sum, thinking, max_tokens });
    const [thought, text, ...others] = content;
    assert.deepEqual(others, []);
    assert.ok(thought?.type === 'thinking' && text?.type === 'text');
    assert.ok(thought.thinking.length > 5);
    assert.match(thought.signature, /^metalyard1\./);
    assert.equal(text.text, 'The answer is 7.');

    const messages = [...sum.messages, assistant(content), user('Thanks')];
    const again = await ask({ messages, thinking: { type: 'disabled' } });
    assert.equal(textOf(again), 'You are welcome!');
    const notes = again.headers.get('x-metalyard-notes') ?? '';
    assert.doesNotMatch(notes, /signature/, 'the signature is known as ours');
  }),

  'thinking adaptive': bothWays(async ({ ask }) => {
    // The model decides; this one answers sums at once.
    const answer = await ask({ ...sum, thinking: { type: 'adaptive' }, max_tokens });
    assert.equal(textOf(answer), 'The answer is 7.');
  }),

  'thinking disabled': bothWays(async ({ ask }) => {
    const { content } = await ask({ ...sum, thinking: { type: 'disabled' } });
    assert.deepEqual(content.length, 1);
    assert.equal(textOf({ content }), 'The answer is 7.');
  }),
};
