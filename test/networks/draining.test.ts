/** A gateway is told to end while answers are on their way, requests wait for their turn, and a machine dies. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, readJson, turn } from '../support/ask.ts';
import { startFleet } from '../support/fleet.ts';
import { until } from '../support/processes.ts';
import { readStream, textOf } from '../support/read-stream.ts';
import { startApart } from '../support/start-yard.ts';

const streams = 100;
/** Some fifteen seconds of talking, so that all have begun before the first has ended, on a busy computer too. */
const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');

interface Begun {
  readonly whole: Promise<string>;
}

test('SIGTERM with 100 streams: none breaks, new requests are told when to come back, the exit status is 0', async () => {
  await using yard = await startApart({
    engine: { window: 8_192, slots: streams, tokensPerSecond: 8, otherwise: words },
    slots: streams,
  });

  /** Resolves when its first text is here. */
  async function begin(index: number): Promise<Begun> {
    const body = turn(yard.model, `Tell story ${index}.`, { stream: true, max_tokens: 1_000 });
    const response = await ask(yard, body);
    assert.equal(response.status, 200);
    const begun = Promise.withResolvers<void>();
    const whole = (async () => {
      let text = '';
      const decoder = new TextDecoder();
      for await (const bytes of response.body ?? []) {
        text += decoder.decode(bytes, { stream: true });
        if (text.includes('text_delta')) begun.resolve();
      }
      begun.resolve();
      return text;
    })();
    await begun.promise;
    return { whole };
  }

  const begun = await Promise.all(Array.from({ length: streams }, (_, index) => begin(index)));
  assert.equal((await yard.status()).requests.active, streams, 'all are on their way');
  const ended = yard.drainGateway('SIGTERM');
  // The refusal is the sign that the signal has been heard.
  let refused = await ask(yard, turn(yard.model, 'One more?', { max_tokens: 1 }));
  while (refused.status === 200) refused = await ask(yard, turn(yard.model, 'One more?', { max_tokens: 1 }));
  assert.equal((await readJson(refused, 529)).error.details.error_code, 'draining');
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);

  for (const { whole } of begun) {
    const events = await whole;
    const shown = [...events.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('');
    assert.equal(shown, words);
    assert.match(events, /event: message_stop\n/);
    assert.doesNotMatch(events, /event: error/);
  }
  assert.equal(await ended, 0);
});

test('who waits when the gateway is told to end is served, also when a machine dies before their first word', async () => {
  const file = (directory: string): string => join(directory, 'hold');
  await using fleet = await startFleet(2, (directory) => ({
    ...{ slots: 2, window: 8_192, otherwise: words, tokensPerSecond: 200, holdFile: file(directory) },
  }));
  const [dying, other] = fleet.machines;
  assert.ok(dying && other);
  // Nobody gets a word before the gateway has been told.
  for (const { directory } of fleet.machines) writeFileSync(file(directory), '');
  const asked = Array.from({ length: 8 }, (_, index) =>
    ask(fleet, turn(fleet.model, `Story ${index}.`, { stream: true, max_tokens: 1_000 })),
  );
  // All have their headers, which are sent after ten seconds: an error would be in the middle of their streams.
  const begun = await Promise.all(asked);
  assert.deepEqual(
    (await fleet.status()).map(({ tickets }) => tickets),
    [2, 2],
    'the others wait',
  );
  fleet.signalGateway('SIGTERM');
  await until('the gateway drains', 30_000, async () => (await fetch(new URL('/readyz', fleet.url))).status === 503);
  const refused = await ask(fleet, turn(fleet.model, 'One more?', { max_tokens: 1 }));
  assert.equal((await readJson(refused, 529)).error.details.error_code, 'draining');
  dying.signal('SIGKILL');
  rmSync(file(other.directory));
  for (const response of begun) assert.equal(textOf(await readStream(response)), words);
  // All is said: it may end.
  await until('it is gone', 30_000, () =>
    ask(fleet, '').then(
      () => false,
      () => true,
    ),
  );
});
