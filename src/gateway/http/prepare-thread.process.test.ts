/** Threads that prepare bodies: PDFs, limits, and what is left when one is ended. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { ApiFailure } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { namedModel } from '../../yard/names/test-models.ts';
import { pdf } from './fixtures/pdf.ts';
import { readingTookTooLong } from './pdf-errors.ts';
import { Preparation } from './preparation.ts';
import { prepareRequest } from './prepare-request.ts';
import { PrepareThread } from './prepare-thread.ts';

const secret = new Uint8Array(32);
/** Somebody who stays until the answer comes. */
const caller = { keyId: 'key_1', response: new EventEmitter() as unknown as ServerResponse };
/** The canonical request as text, whichever way it came. */
const json = ({ requestJson }: { readonly requestJson: string | Uint8Array }): string =>
  typeof requestJson === 'string' ? requestJson : Buffer.from(requestJson).toString();
const names = { models: [{ ...namedModel('yard'), thinking: true }], aliases: new Map(), allowed: null };
const document = (data: string) => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data },
});
const bodyOf = (...content: object[]): Uint8Array =>
  Buffer.from(JSON.stringify({ model: 'yard', max_tokens: 9, messages: [{ role: 'user', content }] }));
const task = (...content: object[]) => ({ body: bodyOf(...content), purpose: 'create', names, patienceMs: 0 }) as const;

describe('bodies with PDFs', () => {
  let preparation: Preparation;
  before(() => {
    preparation = new Preparation(secret);
  });
  after(() => preparation.close());
  const prepare = (...content: object[]) =>
    preparation.prepare({ body: bodyOf(...content), purpose: 'create', names, patienceMs: 0 }, caller);

  it('become text, page after page, small or large', async () => {
    const small = await prepare(document(pdf(['First (page)', 'Second\npage'])));
    assert.match(json(small), /First \(page\)\\n\\nSecond\\npage/);
    const filler = { type: 'text', text: 'x'.repeat(limits.parseOnMainLoopBytes) };
    assert.match(json(await prepare(document(pdf(['Large'])), filler)), /Large/);
  });

  it('are estimated by their text, not by their file', async () => {
    const file = pdf(['A word.']);
    const padded = Buffer.concat([Buffer.from(file, 'base64'), Buffer.alloc(400_000, '\n')]).toString('base64');
    assert.ok((await prepare(document(padded))).needs.estimatedTokens < 1_000);
  });

  it('that cannot be read are refused by their place', async () => {
    const refused = (message: RegExp) => (thrown: unknown) =>
      thrown instanceof ApiFailure && message.test(thrown.error.message) && !thrown.error.message.includes('secret');
    const text = { type: 'text', text: 'secret' };
    await assert.rejects(
      prepare(text, document(pdf(['', '']))),
      refused(/^messages\.0\.content\.1\.document\.source: .*no text/),
    );
    await assert.rejects(
      prepare(document('AAAA')),
      refused(/^messages\.0\.content\.0\.document\.source: this is not a PDF/),
    );
    const long = pdf(Array(limits.pdfPages + 1).fill('secret'));
    await assert.rejects(prepare(document(long)), refused(/this PDF has 601 pages/));
  });

  it('in a tool result are never refused', async () => {
    const messages = [
      { role: 'user', content: 'Read it.' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'read', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'a', content: [document('AAAA'), document(pdf(['']))] }],
      },
    ];
    const body = Buffer.from(JSON.stringify({ model: 'yard', max_tokens: 9, messages }));
    const prepared = await preparation.prepare({ body, purpose: 'create', names, patienceMs: 0 }, caller);
    assert.match(json(prepared), /It could not be read\..*holds no text/);
  });
});

it('schemas that take long are looked at beside the main loop, and reported all the same', async () => {
  const preparation = new Preparation(secret);
  const properties = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [`field${i}`, { type: 'string', not: { const: `${i}` } }]),
  );
  const tools = [{ name: 'find', strict: true, input_schema: { type: 'object', properties } }];
  const body = { model: 'yard', max_tokens: 9, tools, messages: [{ role: 'user', content: 'Hello' }] };
  const prepared = await preparation.prepare(
    { body: Buffer.from(JSON.stringify(body)), purpose: 'create', names, patienceMs: 0 },
    caller,
  );
  assert.ok(prepared.requestJson instanceof Uint8Array, 'a thread gives bytes');
  assert.match(prepared.notes.join(), /not enforced.*: find \/.*field0.* and \d+ more\./);
  await preparation.close();
});

it('a thread over its limit is ended; the next body gets another', async () => {
  const most = { callMs: 1, memoryMb: 512, exhausted: readingTookTooLong };
  const thread = new PrepareThread(secret, { withPdfs: true, limits: most });
  const pages = Array(300).fill('Many words on every page.\n'.repeat(40));
  const first = thread.prepare(task(document(pdf(pages))), caller);
  const second = thread.prepare(task(document(pdf(['Short.']))), caller);
  const settled = Promise.allSettled([first, second]);
  await assert.rejects(first, /Could not process PDF documents .* within/);
  most.callMs = 60_000;
  await settled;
  const third = await thread.prepare(task(document(pdf(['Short.']))), caller);
  assert.ok(typeof third !== 'string' && json(third).includes('Short.'));
  most.memoryMb = -1_000_000;
  await assert.rejects(thread.prepare(task(document(pdf(pages))), caller), /Could not process PDF documents .* within/);
  await thread.close();
});

it('what a thread had posted when it was ended is the answer to nobody else', async () => {
  const most = { callMs: 60_000, memoryMb: 512, exhausted: readingTookTooLong };
  const thread = new PrepareThread(secret, { withPdfs: true, limits: most });
  const ask = (keyId: string, text: string) =>
    thread.prepare(task(document(pdf(['Short.'])), { type: 'text', text }), { ...caller, keyId });
  await ask('key_1', 'warm');
  most.callMs = 1;
  const late = ask('key_1', 'of alice');
  most.callMs = 60_000;
  const others = ['of bob', 'of carol'].map((text, index) => ask(`key_${index + 2}`, text));
  const settled = Promise.allSettled([late, ...others]);
  // The answer is there before anybody looks, and so is the end of its time.
  setImmediate(() => {
    const endMs = performance.now() + 300;
    while (performance.now() < endMs);
  });
  const [first, ...rest] = await settled;
  const texts = rest.map((each) => {
    assert.ok(each.status === 'fulfilled' && typeof each.value !== 'string');
    return json(each.value);
  });
  assert.ok(texts[0]?.includes('of bob') && texts[1]?.includes('of carol'), texts.join('\n'));
  assert.ok(texts.every((text) => !text.includes('of alice')));
  assert.ok(
    first?.status === 'rejected' || (typeof first?.value !== 'string' && json(first!.value).includes('of alice')),
  );
  await thread.close();
});

it('a request that grows beyond what a link carries is refused, whatever its size was', () => {
  // 4 characters each in the body, 21 as written by us.
  const numbers = `[${'1e20,'.repeat(800_000)}0]`;
  const input = `{"numbers":${numbers},"text":"${'x'.repeat(26_000_000)}"}`;
  const messages =
    `[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"t",` +
    `"input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"ok"}]}]`;
  const body = Buffer.from(`{"model":"yard","max_tokens":9,"messages":${messages}}`);
  assert.ok(body.byteLength < limits.requestBodyBytes);
  assert.throws(
    () => prepareRequest({ body, purpose: 'create', names, patienceMs: 0 }, () => true, { inLoop: false }),
    (thrown) => thrown instanceof ApiFailure && thrown.error.code === 'request_too_large',
  );
});
