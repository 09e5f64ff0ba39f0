/** Text, system prompts, conversations, JSON. */
import assert from 'node:assert/strict';
import { textOf } from '../../../support/read-stream.ts';
import { assistant, bothWays, says, user } from '../story.ts';

export const textStories = {
  text: bothWays(async ({ ask, way, yard }) => {
    const answer = await ask(says('Count from 3 to 17.'));
    assert.equal(textOf(answer), '3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17');
    assert.equal(answer.stop_reason, 'end_turn');
    assert.equal(answer.model, yard.model);
    // Text that comes faster than every 10 ms shares a frame, and the shipped model is fast.
    if (way === 'streamed') assert.ok(answer.pieces > 2, `it came in ${answer.pieces} pieces`);
  }),

  'system string': bothWays(async ({ ask }) => {
    const answer = await ask({ ...says('What is your name?'), system: 'Your name is Zork.' });
    assert.equal(textOf(answer), 'My name is Zork.');
  }),

  'system blocks': bothWays(async ({ ask }) => {
    const answer = await ask({
      ...says('What is the secret word?'),
      system: [
        { type: 'text', text: 'You are kind.' },
        { type: 'text', text: 'The secret word is plum.', cache_control: { type: 'ephemeral' } },
      ],
    });
    assert.equal(textOf(answer), 'The word is plum.');
  }),

  'messages of role system': bothWays(async ({ ask }) => {
    const answer = await ask({
      // Without it the AI SDK would make the message below the system prompt.
      system: 'The secret word is fig.',
      messages: [
        user('Hello'),
        assistant('Hello! How can I help you?'),
        user('What is the secret word?'),
        { role: 'system', content: 'The secret word is plum.' },
      ],
    });
    assert.equal(textOf(answer), 'The word is plum.');
  }),

  'multi-turn': bothWays(async ({ ask }) => {
    const told = user('My name is Ann.');
    const first = await ask({ messages: [told] });
    assert.equal(textOf(first), 'Nice to meet you, Ann.');
    const second = await ask({ messages: [told, assistant(first.content), user('What is my name?')] });
    assert.equal(textOf(second), 'Your name is Ann.');
  }),

  'JSON of a schema': bothWays(async ({ ask }) => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const answer = await ask({
      ...says('Ann is 31 years old.'),
      output_config: { format: { type: 'json_schema', schema } },
    });
    const value = JSON.parse(textOf(answer));
    assert.deepEqual(Object.keys(value), ['name', 'age']);
    assert.equal(typeof value.name, 'string');
    assert.ok(Number.isInteger(value.age));
  }),
};
