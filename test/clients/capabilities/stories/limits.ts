/** What ends an answer: stop sequences, `max_tokens`, the window. */
import assert from 'node:assert/strict';
import { textOf } from '../../../support/read-stream.ts';
import { bothWays, promptTokens, says } from '../story.ts';

const counting = says('Count from 3 to 17.');

export const limitStories = {
  'stop sequences': bothWays(async ({ ask }) => {
    const answer = await ask({ ...counting, stop_sequences: ['9, 1', 'never'] });
    assert.equal(textOf(answer), '3, 4, 5, 6, 7, 8, ', 'the sequence itself is not shown');
    assert.equal(answer.stop_reason, 'stop_sequence');
    assert.equal(answer.stop_sequence, '9, 1');
  }),

  max_tokens: bothWays(async ({ ask }) => {
    const answer = await ask({ ...counting, max_tokens: 7 });
    assert.equal(answer.stop_reason, 'max_tokens');
    assert.equal(answer.usage.output_tokens, 7);
  }),

  'max_tokens clamped to the room': bothWays(async ({ ask, way, yard }) => {
    const { window } = (await yard.status()).models[0] ?? assert.fail('no model');
    // Three tokens each. An eighth of the window must be left: half as long as the answer.
    const system = 'qx '.repeat(Math.floor(((window * 7) / 8 - 40) / 3));
    // As Claude Code asks of a large model; SDKs refuse more than 21,333 where nothing is streamed.
    const max_tokens = way === 'streamed' ? 128_000 : 20_000;
    const answer = await ask({ ...says('Count from 101 to 160.'), system, max_tokens });
    assert.equal(answer.stop_reason, 'model_context_window_exceeded');
    assert.equal(promptTokens(answer) + answer.usage.output_tokens, window);
    assert.match(textOf(answer), /^101, 102, 103, .*, 12\d/);
  }),
};
