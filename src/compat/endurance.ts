/** Words of the cases that press a server: is it still there, was it quick, does it let go. */
import { expect, quote } from './verdict.ts';
import { answer, expectRefusal, type Fields, request, user } from './vocabulary.ts';
import { open, send } from './wire/send.ts';
import type { Target } from './wire/target.ts';

/** What is refused unread takes ms; this is far beyond any network, and far below a blocked server. */
export const slowMs = 5_000;

/** Long enough that leaving in the middle is leaving in the middle. */
export const endless: Fields = { messages: [user('Count from 1 to 1000.')], max_tokens: 4_000 };

/** It answers another request, and soon. */
export async function expectAlive(target: Target): Promise<void> {
  const startedMs = performance.now();
  await answer(target, { max_tokens: 1 });
  const tookMs = Math.round(performance.now() - startedMs);
  const enoughMs = target.caseTimeMs / 2;
  expect(tookMs < enoughMs, `the next request answered within ${enoughMs} ms`, `${tookMs} ms`);
}

/** A hostile body costs the server nothing. */
export async function expectQuickRefusal(target: Target, body: string): Promise<void> {
  const startedMs = performance.now();
  const reply = await send(target, { body });
  const tookMs = Math.round(performance.now() - startedMs);
  expectRefusal(reply);
  expect(tookMs < slowMs, `an answer within ${slowMs} ms`, `${tookMs} ms`);
  await expectAlive(target);
}

/** Opens a long stream, reads its beginning, and goes. */
export async function leaveStream(target: Target): Promise<void> {
  const leaving = new AbortController();
  const response = await open(target, { body: request(target, { ...endless, stream: true }), signal: leaving.signal });
  expect(response.status === 200, 'a stream', quote(response.status));
  const reader = response.body?.getReader();
  await reader?.read();
  leaving.abort();
  await reader?.cancel().catch(() => {}); // the abort is what it rejects with
}
