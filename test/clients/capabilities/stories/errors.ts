/** Refusals: the client's own error class for the status, and no second request. */
import assert from 'node:assert/strict';
import type { Question, Session } from '../client.ts';
import { bothWays, once, type Scene, says } from '../story.ts';

interface Expected {
  readonly status: number;
  readonly type: string;
  readonly message: RegExp;
}

/** As many repeats as the SDKs make unless told otherwise. */
const retries = 2;
const invalid = { status: 400, type: 'invalid_request_error' };

async function expectRefusal(session: Session, { way }: Scene, question: Question, expected: Expected): Promise<void> {
  const refusal = await session.ask(question, { streamed: way === 'streamed' }).then(
    () => assert.fail('it was answered'),
    (error: unknown) => session.refusal(error),
  );
  assert.equal(refusal.status, expected.status);
  assert.equal(refusal.type, expected.type);
  assert.match(refusal.message, expected.message);
  assert.match(refusal.requestId ?? '', /^req_/);
}

const refused = (question: Question, expected: Expected, key?: string) =>
  bothWays(async (scene) => {
    const wire = await scene.listen();
    const session = scene.connect({ url: wire.url, retries, ...(key === undefined ? {} : { key }) });
    await expectRefusal(session, scene, question, expected);
    assert.equal(wire.requests.length, 1, 'it is not asked again');
  });

const orphan = { type: 'tool_result', tool_use_id: 'toolu_X', content: 'x' } as const;

export const errorStories = {
  'error 400, a rule is broken': refused(
    { messages: [{ role: 'user', content: [orphan] }] },
    { ...invalid, message: /toolu_X/ },
  ),

  'error 400, prompt too long': refused(says('qx '.repeat(2_000)), {
    ...invalid,
    message: /^prompt is too long: \d+ tokens > \d+ maximum/,
  }),

  'error 401': refused(says('Hello'), { status: 401, type: 'authentication_error', message: /key/ }, 'sk-wrong'),

  'error 404': refused(
    { ...says('Hello'), model: 'no-such-model' },
    { status: 404, type: 'not_found_error', message: /model: no-such-model/ },
  ),

  // Without a listener between: the gateway answers while the client is still sending.
  'error 413': once(async (scene) => {
    const question = says('x'.repeat(33 * 1024 * 1024));
    const expected = { status: 413, type: 'request_too_large', message: /larger than 32 MB/ };
    await expectRefusal(scene.connect({ retries }), scene, question, expected);
  }),
};
