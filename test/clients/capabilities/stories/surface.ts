/** Dialects, what is unknown, the model list. */
import assert from 'node:assert/strict';
import { textOf } from '../../../support/read-stream.ts';
import type { Dialect } from '../client.ts';
import { bothWays, once, says } from '../story.ts';

const ping = says('ping');
const dialects: readonly Dialect[] = (['x-api-key', 'authorization'] as const).flatMap((header) =>
  (['2023-06-01', '2026-10-21'] as const).map((version) => ({ header, version })),
);

export const surfaceStories = {
  'both header dialects and API versions': once(async ({ connect, listen, yard }) => {
    const wire = await listen();
    for (const dialect of dialects) {
      const session = connect({ url: wire.url, dialect });
      assert.equal(textOf(await session.ask(ping, { streamed: false })), 'pong');
      const { headers } = wire.requests.at(-1) ?? assert.fail('nothing was sent');
      assert.equal(headers['anthropic-version'], dialect.version);
      const sent = { 'x-api-key': headers['x-api-key'], authorization: headers.authorization };
      const bearer = dialect.header === 'authorization';
      assert.deepEqual(sent, {
        'x-api-key': bearer ? undefined : yard.key,
        authorization: bearer ? `Bearer ${yard.key}` : undefined,
      });
    }
  }),

  'unknown betas tolerated': bothWays(async ({ ask }) => {
    const answer = await ask(ping, { betas: ['never-heard-of-2031-01-01', 'effort-2025-11-24'] });
    assert.equal(textOf(answer), 'pong');
  }),

  'unknown fields tolerated': bothWays(async ({ ask }) => {
    const unknownFields = {
      never_heard_of: { deep: [1, null] },
      safeguards: [{ type: 'dangerous_tool_use' }],
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      output_config: { effort: 'immense' },
      thinking: { type: 'adaptive', display: 'updates' },
      metadata: { user_id: '{"session_id":"x"}' },
      service_tier: 'auto',
      tools: [],
    };
    assert.equal(textOf(await ask(ping, { unknownFields })), 'pong');
  }),

  'models listed and got': once(async ({ listModels, getModel, yard }) => {
    assert.ok(listModels && getModel);
    const entry = (await listModels()).find(({ id }) => id === yard.model);
    const { window } = (await yard.status()).models[0] ?? assert.fail('no model');
    assert.equal(entry?.max_input_tokens, window);
    assert.equal((await getModel(yard.model)).id, yard.model);
  }),
};
