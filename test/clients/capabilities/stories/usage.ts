/** True counters. */
import assert from 'node:assert/strict';
import type { Question } from '../client.ts';
import { assistant, bothWays, promptTokens, says, user } from '../story.ts';

const tool = {
  name: 'get_weather',
  description: 'Get the current weather in a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} as const;

export const usageStories = {
  'usage with cache counters over two turns': bothWays(async ({ ask, somethingNew }) => {
    const told = user(`${somethingNew} ${'This sentence is only here to fill the page. '.repeat(8)}`);
    const first = await ask({ messages: [told] });
    assert.ok(first.usage.output_tokens > 0);
    assert.ok(first.usage.cached_tokens < promptTokens(first) / 4, 'it had never been read before');
    const second = await ask({ messages: [told, assistant(first.content), user('Thanks')] });
    const more = promptTokens(second) - promptTokens(first);
    assert.ok(more > 0);
    assert.ok(second.usage.cached_tokens >= promptTokens(first) - 1, 'the whole first prompt was still cached');
    assert.ok(second.usage.input_tokens <= more + 1, 'only new tokens were read');
    const { input_tokens_at_start: atStart } = second;
    if (atStart !== null) assert.equal(atStart, second.usage.input_tokens, 'told as soon as the stream began');
  }),

  'count_tokens equals input_tokens': bothWays(async ({ ask, count }) => {
    assert.ok(count);
    const questions: Question[] = [
      { ...says('Hello there, how are you?'), system: 'The secret word is plum.' },
      { ...says('What is the weather in Paris?'), tools: [tool] },
      { ...says('What is 3 + 4?'), thinking: { type: 'enabled', budget_tokens: 1_024 }, max_tokens: 1_200 },
    ];
    for (const question of questions) assert.equal(promptTokens(await ask(question)), await count(question));
  }),

  'unique ids and request-id': bothWays(async ({ ask }) => {
    const answers = [await ask(says('ping')), await ask(says('ping'))];
    for (const { id, headers } of answers) {
      assert.match(id, /^msg_/);
      assert.match(headers.get('request-id') ?? '', /^req_/);
    }
    assert.equal(new Set(answers.map(({ id }) => id)).size, 2);
    assert.equal(new Set(answers.map(({ headers }) => headers.get('request-id'))).size, 2);
  }),
};
