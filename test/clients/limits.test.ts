/** A key that has used what it may: Claude Code and the official SDK wait where that helps, and stop where it does not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { checkTold, messageRequests } from '../support/claude-code-checks.ts';
import { skip, startStory } from '../support/claude-code-story.ts';
import { type LiveYard, startLiveYard } from '../support/live-yard.ts';

const say = 'Well done.';
const clientOf = (yard: LiveYard, maxRetries: number) =>
  new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries });
const askFor = ({ model }: LiveYard) => ({
  ...{ model, max_tokens: 20 },
  messages: [{ role: 'user' as const, content: 'Hello' }],
});

/** Each request takes one of these; one comes back every 4 s. */
const perMinute = 15;

/** Uses up the rate of the key. */
async function spendRate(yard: LiveYard): Promise<void> {
  await yard.limitKey({ requestsPerMinute: perMinute });
  const client = clientOf(yard, 0);
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
  await clientOf(yard, 0).messages.create(askFor(yard));
}

describe('a key that has used what it may', { timeout: 300_000 }, () => {
  test('the SDK waits as long as a rate wants, and is answered', async () => {
    await using yard = await startLiveYard({ engine: { otherwise: say } });
    await spendRate(yard);
    const beganMs = performance.now();
    const { data, response } = await clientOf(yard, 5).messages.create(askFor(yard)).withResponse();
    assert.equal(data.type, 'message');
    assert.ok(performance.now() - beganMs > 500, 'it waited');
    assert.equal(response.headers.get('anthropic-ratelimit-requests-limit'), String(perMinute));
  });

  test('the SDK asks once where a budget is spent, and says so', async () => {
    await using yard = await startLiveYard({ engine: { otherwise: say } });
    await spendBudget(yard);
    let asked = 0;
    const counting: typeof fetch = (...args) => {
      asked += 1;
      return fetch(...args);
    };
    const client = new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 5, fetch: counting });
    await assert.rejects(client.messages.create(askFor(yard)), (error: InstanceType<typeof Anthropic.APIError>) => {
      assert.equal(error.status, 402);
      assert.match(error.message, /This key may use 1 tokens per day/);
      return true;
    });
    assert.equal(asked, 1);
  });

  test('Claude Code waits as long as a rate wants, and goes on', { skip }, async () => {
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

  test('Claude Code stops at once where a budget is spent, and shows why', { skip }, async () => {
    await using story = await startStory({ engine: { otherwise: say } });
    await spendBudget(story.yard);
    const run = await story.claude.ask({ prompt: 'Hello' });
    checkTold(run, /^API Error: 402 This key may use 1 tokens per day .* let its owner type: metalyard keys set /);
    assert.equal(run.retries, 0);
    const statuses = messageRequests(run).map(({ status }) => status);
    assert.deepEqual(statuses, [402]);
  });
});
