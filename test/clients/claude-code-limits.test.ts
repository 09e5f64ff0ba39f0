/** A key that has used what it may: Claude Code waits where that helps, and stops where it does not. (The SDK: `gateway/quotas.process.test.ts`.) */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { checkTold, messageRequests } from '../support/claude-code-checks.ts';
import { skip, startStory } from '../support/claude-code-story.ts';
import type { LiveYard } from '../support/live-yard.ts';

const say = 'Well done.';
const clientOf = (yard: LiveYard) => new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 0 });
const askFor = ({ model }: LiveYard) => ({
  ...{ model, max_tokens: 20 },
  messages: [{ role: 'user' as const, content: 'Hello' }],
});

/** Each request takes one of these; one comes back every 4 s. */
const perMinute = 15;

/** Uses up the rate of the key. */
async function spendRate(yard: LiveYard): Promise<void> {
  await yard.limitKey({ requestsPerMinute: perMinute });
  const client = clientOf(yard);
  const statuses = await Promise.all(
    Array.from({ length: perMinute + 2 }, () =>
      client.messages.create(askFor(yard)).then(
        () => 200,
        (error: { status?: number }) => error.status ?? 0,
      ),
    ),
  );
  assert.ok(statuses.includes(429), statuses.join(' '));
}

/** One answer costs more than the budget of the day has. */
async function spendBudget(yard: LiveYard): Promise<void> {
  await yard.limitKey({ dailyTokens: 1 });
  await clientOf(yard).messages.create(askFor(yard));
}

describe('a key that has used what it may', { skip, timeout: 300_000 }, () => {
  test('Claude Code waits as long as a rate wants, and goes on', async () => {
    await using story = await startStory({ engine: { otherwise: say } });
    await spendRate(story.yard);
    const run = await story.claude.ask({ prompt: 'Hello' });
    assert.equal(run.exitCode, 0, run.result?.result);
    assert.equal(run.result.result, say);
    const statuses = messageRequests(run).map(({ status }) => status);
    assert.equal(statuses[0], 429);
    assert.equal(statuses.at(-1), 200);
    assert.ok(statuses.length <= 6, statuses.join(' '));
  });

  test('Claude Code stops at once where a budget is spent, and shows why', async () => {
    await using story = await startStory({ engine: { otherwise: say } });
    await spendBudget(story.yard);
    const run = await story.claude.ask({ prompt: 'Hello' });
    checkTold(run, /^API Error: 402 This key may use 1 tokens per day .* let its owner type: metalyard keys set /);
    assert.equal(run.retries, 0);
    const statuses = messageRequests(run).map(({ status }) => status);
    assert.deepEqual(statuses, [402]);
  });
});
