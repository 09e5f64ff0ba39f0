/** An answer that is not streamed, as time passes. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { apiError } from '../../contract/errors.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { holdMs, turnPatience, WholeAnswer } from './whole-answer.ts';

const end: Extract<GenerationEvent, { type: 'generation-end' }> = {
  type: 'generation-end',
  stopReason: 'end-turn',
  stopSequence: null,
  usage: { promptTokens: 3, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 },
};

/** An answer whose clock the test sets, and what its client sees. */
function waiting() {
  const seen = { status: 0, headers: {} as Record<string, unknown>, body: '', cut: false };
  const response = {
    headersSent: false,
    destroyed: false,
    writableEnded: false,
    writeHead(status: number, headers: Record<string, unknown>) {
      Object.assign(seen, { status, headers });
      response.headersSent = true;
    },
    write(text: string) {
      seen.body += text;
    },
    end(text: string) {
      seen.body += text;
      response.writableEnded = true;
    },
    destroy() {
      seen.cut = true;
      response.destroyed = true;
    },
  };
  let nowMs = 0;
  const answer = new WholeAnswer({
    // All of a response that an answer uses.
    response: response as unknown as ServerResponse,
    requestId: 'req_1',
    headers: {},
    messageId: 'msg_1',
    model: 'yard',
    signThinking: () => '',
    reportsEdits: false,
    nowMs: () => nowMs,
    holdMs: 240_000,
  });
  const wait = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      nowMs += 1_000;
      answer.tick();
    }
  };
  return { seen, answer, wait };
}

describe('an answer that is not streamed', () => {
  it('comes with its length when it is quick', () => {
    const { seen, answer, wait } = waiting();
    wait(100);
    answer.events([{ type: 'generation-start', promptTokens: 3, cachedTokens: 0 }]);
    answer.finish(end);
    assert.equal(seen.status, 200);
    assert.equal(seen.headers['content-length'], Buffer.byteLength(seen.body));
    assert.equal(JSON.parse(seen.body).id, 'msg_1');
  });

  it('is sent a status after four minutes, then spaces, and is JSON all the same', () => {
    const { seen, answer, wait } = waiting();
    wait(238);
    assert.equal(seen.status, 0);
    wait(2);
    assert.deepEqual([seen.status, seen.body], [200, ' ']);
    wait(60);
    assert.match(seen.body, /^ {6,9}$/);
    answer.events([{ type: 'generation-start', promptTokens: 3, cachedTokens: 0 }]);
    answer.finish(end);
    assert.equal(JSON.parse(seen.body).stop_reason, 'end_turn');
  });

  it('fails with a status before that, and cuts the connection after it', () => {
    const quick = waiting();
    quick.answer.fail(apiError('queue_timeout', 'No slot became free.'));
    assert.equal(quick.seen.status, 504);
    const slow = waiting();
    slow.wait(250);
    slow.answer.fail(apiError('engine_failed', 'The engine crashed.'));
    assert.deepEqual([slow.seen.status, slow.seen.cut], [200, true]);
    assert.equal(slow.seen.body.trim(), '', 'no error that would pass for a message');
  });

  it('starts over when its attempt is void', () => {
    const { seen, answer } = waiting();
    answer.events([
      { type: 'generation-start', promptTokens: 3, cachedTokens: 0 },
      { type: 'block-start', block: { kind: 'text' } },
    ]);
    answer.discard();
    answer.events([{ type: 'generation-start', promptTokens: 3, cachedTokens: 0 }]);
    answer.finish(end);
    assert.deepEqual(JSON.parse(seen.body).content, []);
  });

  it('waits for less where the client says it has less patience', () => {
    assert.equal(holdMs(undefined), 240_000);
    assert.equal(holdMs('600'), 240_000);
    assert.equal(holdMs('60'), 48_000);
    assert.equal(holdMs('soon'), 240_000);
  });

  it('gives up its turn while it can still say so with a status', () => {
    assert.deepEqual(turnPatience('600'), { waitMs: 238_000 });
    assert.deepEqual(turnPatience('20'), { waitMs: 14_000 });
    assert.deepEqual(turnPatience('1'), { waitMs: 400 });
    assert.deepEqual(turnPatience(undefined), {}, 'a client that tells nothing waits as its class does');
  });
});
