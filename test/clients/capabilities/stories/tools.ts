/** Tool use with the shipped model: calls, results, forced, forbidden, several at once, deferred. */
import assert from 'node:assert/strict';
import { textOf } from '../../../support/read-stream.ts';
import type { Answer, Question, ToolResult } from '../client.ts';
import { assistant, bothWays, promptTokens, says, user } from '../story.ts';

const cityTool = (name: string, description: string) => {
  const properties = { city: { type: 'string' } };
  return { name, description, input_schema: { type: 'object', properties, required: ['city'] } } as const;
};
const weather = cityTool('get_weather', 'Get the current weather in a city');
const time = cityTool('get_time', 'Get the current time in a city');
const search = {
  name: 'ToolSearch',
  description: 'Find tools',
  input_schema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
} as const;

const paris = says('What is the weather in Paris?');
const twoCities = says('What is the weather in Paris and London?');
const callsOf = ({ content }: Answer) => content.filter((block) => block.type === 'tool_use');

/** A finished call and what came of it. */
const answeredCall = (question: string, result: Pick<ToolResult, 'content' | 'is_error'>): Question => ({
  tools: [weather],
  messages: [
    user(question),
    assistant([{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } }]),
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', ...result }] },
  ],
});
const oslo = 'What is the weather in Oslo?';

export const toolStories = {
  'tools, auto; result as text': bothWays(async ({ ask }) => {
    const tools = [weather, time];
    const asked = await ask({ ...paris, tools });
    const [call, ...others] = callsOf(asked);
    assert.ok(call);
    assert.deepEqual(others, []);
    assert.equal(asked.stop_reason, 'tool_use');
    assert.equal(call.name, 'get_weather');
    assert.deepEqual(call.input, { city: 'Paris' });
    assert.match(call.id, /^toolu_/);
    const result: ToolResult = { type: 'tool_result', tool_use_id: call.id, content: 'rain' };
    const messages = [...paris.messages, assistant(asked.content), { role: 'user', content: [result] } as const];
    const answer = await ask({ tools, messages });
    assert.equal(textOf(answer), 'The result is: rain');
    assert.equal(answer.stop_reason, 'end_turn');
  }),

  'tool result as an error': bothWays(async ({ ask }) => {
    const answer = await ask(answeredCall(oslo, { content: 'no signal', is_error: true }));
    assert.equal(textOf(answer), 'The tool failed: no signal');
  }),

  'tool result as blocks': bothWays(async ({ ask }) => {
    const content = [{ type: 'text', text: 'sunny and 21 degrees' }] as const;
    assert.equal(textOf(await ask(answeredCall(oslo, { content }))), 'The result is: sunny and 21 degrees');
  }),

  'tools, forced': bothWays(async ({ ask }) => {
    const answer = await ask({ ...paris, tools: [weather, time], tool_choice: { type: 'tool', name: 'get_time' } });
    const [call] = callsOf(answer);
    assert.equal(call?.name, 'get_time');
    assert.equal(typeof call.input.city, 'string');
    assert.equal(answer.stop_reason, 'tool_use');
  }),

  'tools, any': bothWays(async ({ ask }) => {
    // By itself the model would greet.
    const answer = await ask({ ...says('Hello'), tools: [weather, time], tool_choice: { type: 'any' } });
    assert.ok(callsOf(answer).length > 0);
    assert.equal(answer.stop_reason, 'tool_use');
  }),

  'tools, none': bothWays(async ({ ask }) => {
    const answer = await ask({ ...paris, tools: [weather], tool_choice: { type: 'none' } });
    assert.deepEqual(callsOf(answer), []);
    assert.equal(answer.stop_reason, 'end_turn');
  }),

  'tools, parallel': bothWays(async ({ ask }) => {
    const calls = callsOf(await ask({ ...twoCities, tools: [weather] }));
    assert.deepEqual(
      calls.map(({ input }) => input.city),
      ['Paris', 'London'],
    );
    assert.equal(new Set(calls.map(({ id }) => id)).size, 2);
  }),

  'tools, parallel disabled': bothWays(async ({ ask }) => {
    const choice = { type: 'auto', disable_parallel_tool_use: true } as const;
    const answer = await ask({ ...twoCities, tools: [weather], tool_choice: choice });
    assert.equal(callsOf(answer).length, 1);
    assert.equal(answer.stop_reason, 'tool_use');
  }),

  'tools, strict': bothWays(async ({ ask }) => {
    const paint = {
      name: 'paint_wall',
      description: 'Paint a wall',
      strict: true,
      input_schema: {
        type: 'object',
        properties: { color: { type: 'string', enum: ['red', 'blue'] }, coats: { type: 'integer' } },
        required: ['color', 'coats'],
        additionalProperties: false,
      },
    } as const;
    const answer = await ask({ ...says('Hello'), tools: [paint], tool_choice: { type: 'tool', name: 'paint_wall' } });
    const [call] = callsOf(answer);
    assert.ok(['red', 'blue'].includes(String(call?.input.color)));
    assert.ok(Number.isInteger(call?.input.coats));
  }),

  'tools, deferred until referenced': bothWays(async ({ ask }) => {
    const tools = [search, { ...weather, defer_loading: true }];
    const hidden = await ask({ ...paris, tools });
    assert.ok(callsOf(hidden).every(({ name }) => name === 'ToolSearch'));

    const asked = user('Find a tool for the weather');
    const before = await ask({ tools, messages: [asked] });
    const loaded = await ask({
      tools,
      messages: [
        asked,
        assistant([{ type: 'tool_use', id: 'toolu_1', name: 'ToolSearch', input: { query: 'weather' } }]),
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [{ type: 'tool_reference', tool_name: 'get_weather' }],
            },
          ],
        },
        assistant('The tool is there.'),
        ...paris.messages,
      ],
    });
    const [call] = callsOf(loaded);
    assert.equal(call?.name, 'get_weather');
    assert.deepEqual(call.input, { city: 'Paris' });
    assert.ok(loaded.usage.cached_tokens >= promptTokens(before) - 1, 'nothing before the reference changed');
  }),

  'tool loop of the client': bothWays(async ({ runTools, way }) => {
    assert.ok(runTools);
    const run = ({ city }: Readonly<Record<string, unknown>>) => `${city} is sunny`;
    const answer = await runTools({ ...paris, tools: [weather] }, run, { streamed: way === 'streamed' });
    assert.equal(textOf(answer), 'The result is: Paris is sunny');
  }),
};
