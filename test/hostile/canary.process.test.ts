/**
 * What clients entrust to the yard stays out of everything that is kept or shown to others: a secret is
 * put wherever a client can put one, every way a request can end is gone, and then every log, store,
 * error and status is searched for it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { apiError } from '../../src/contract/errors.ts';
import { ask as askYard } from '../support/ask.ts';
import { startYard } from '../support/start-yard.ts';
import { fakeModel } from '../support/test-yard.ts';
import { openWire, post, sendRaw } from './exchange.ts';
import { startHostileYard, textAnswer } from './start-gateway.ts';

const canary = 'canaryQ7xv2mPz';
/** As it would look after an encoding nobody thinks of. */
const disguises = [canary, Buffer.from(canary).toString('base64').slice(0, 16), Buffer.from(canary).toString('hex')];

/** A request with the secret in every place that holds a client's text. */
function loaded(more: object = {}): string {
  const property = { type: 'string', description: canary, enum: [canary], pattern: canary, default: canary };
  return JSON.stringify({
    model: 'fake-1b-q8',
    max_tokens: 50,
    system: [{ type: 'text', text: canary }],
    metadata: { user_id: canary },
    stop_sequences: [canary],
    tools: [
      {
        name: canary,
        description: canary,
        input_schema: { type: 'object', properties: { [canary]: property }, required: [canary] },
      },
    ],
    messages: [
      { role: 'user', content: canary },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: canary, signature: canary },
          { type: 'tool_use', id: 'toolu_1', name: canary, input: { [canary]: canary } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: canary },
          { type: 'text', text: canary },
        ],
      },
    ],
    [canary]: canary,
    ...more,
  });
}

const secretHeaders = {
  'x-secret': canary,
  cookie: canary,
  'user-agent': canary,
  'anthropic-beta': canary,
  referer: `http://${canary}/`,
};

/** Files below a folder, as bytes. */
function* filesIn(directory: string): Generator<readonly [path: string, content: Buffer]> {
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, entry);
    if (statSync(path).isFile()) yield [path, readFileSync(path)];
  }
}

function assertNowhere(texts: Iterable<readonly [where: string, content: Buffer | string]>): number {
  let searched = 0;
  for (const [where, content] of texts) {
    searched += content.length;
    for (const disguise of disguises) assert.ok(!content.includes(disguise), `${where} holds the secret`);
  }
  return searched;
}

test('nothing a client sends is in the logs, the ledger, errors or the status of a gateway', async () => {
  const logDirectory = mkdtempSync(join(tmpdir(), 'metalyard-canary-'));
  try {
    await using yard = await startHostileYard({ logDirectory, edgeLimits: { headersMs: 500, bodyMs: 1_000 } });
    const agent = await yard.connect([{ ...fakeModel, slots: 8 }]);
    const kept: (readonly [string, string])[] = [];
    const refuse = async (what: string, body: string, headers = {}) => {
      const answer = await post(yard, body, { ...secretHeaders, ...headers });
      assert.ok(answer.status >= 400, `${what} gave ${answer.status}`);
      kept.push([what, answer.text]);
    };
    await refuse('a cut body', loaded().slice(0, -30));
    await refuse('a body of rubbish', `{"${canary}" ${canary}`);
    await refuse('half an emoji', loaded().replace('"system":', `"x":"${canary}\\ud800","system":`));
    await refuse('a wrong type', loaded({ max_tokens: canary }));
    await refuse('a wrong role', loaded({ messages: [{ role: canary, content: canary }] }));
    await refuse(
      'a wrong block',
      loaded({ messages: [{ role: 'user', content: [{ type: 'text', text: [canary] }] }] }),
    );
    await refuse(
      'an unknown block',
      loaded({ messages: [{ role: 'user', content: [{ type: canary, text: canary }] }] }),
    );
    await refuse(
      'a result without a call',
      loaded({
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: `${canary} !`, content: canary }] }],
      }),
    );
    await refuse(
      'a picture',
      loaded({ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: canary } }] }] }),
    );
    await refuse(
      'a PDF that is none',
      loaded({
        messages: [
          {
            role: 'user',
            content: [{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: canary } }],
          },
        ],
      }),
    );
    await refuse(
      'two tools of one name',
      loaded({
        tools: [
          { name: canary, input_schema: {} },
          { name: canary, input_schema: {} },
        ],
      }),
    );
    await refuse('a tool of no kind', loaded({ tools: [{ type: canary, name: canary }] }));
    await refuse(
      'a schema that allows nothing',
      loaded({
        output_config: { format: { type: 'json_schema', schema: { type: canary, $ref: canary } } },
        tools: [
          {
            name: 'a',
            strict: true,
            input_schema: { type: 'object', properties: { [canary]: { $ref: `#/${canary}` } } },
          },
        ],
        tool_choice: { type: 'tool', name: canary },
      }),
    );
    await refuse('a forced tool that is not there', loaded({ tool_choice: { type: 'tool', name: `${canary}x` } }));
    await refuse('a wrong key', loaded(), { 'x-api-key': canary });
    await refuse('a wrong bearer', loaded(), { 'x-api-key': '', authorization: `Bearer ${canary}` });
    await refuse('a wrong content type', loaded(), { 'content-type': `;${canary}` });
    await refuse('a wrong host', loaded(), { host: `${canary}.example` });
    await refuse('a compressed body', loaded(), { 'content-encoding': canary });
    const raw = (line: string, header: string): string =>
      `${line}\r\nhost: localhost\r\nx-api-key: ${yard.key}\r\n${header}\r\nconnection: close\r\n\r\n`;
    kept.push(['rubbish', await sendRaw(yard, `${canary}\r\n\r\n`)]);
    kept.push(['a wrong header', await sendRaw(yard, raw('GET /v1/models HTTP/1.1', `${canary} : ${canary}`))]);
    kept.push(['a wrong path', await sendRaw(yard, raw(`GET /${canary}?${canary} HTTP/1.1`, `x: ${canary}`))]);
    kept.push(['a wrong method', await sendRaw(yard, raw(`DELETE /v1/messages?${canary} HTTP/1.1`, `x: ${canary}`))]);
    kept.push(['slow headers', await sendRaw(yard, `GET /v1/models HTTP/1.1\r\nx: ${canary}`)]);

    // Every way to end that has a machine in it.
    const asking = async (what: string, serve: () => Promise<void>, more: object = {}) => {
      const [answer] = await Promise.all([post(yard, loaded(more), secretHeaders), serve()]);
      if (answer.status !== 200) kept.push([what, answer.text]);
      return answer;
    };
    await asking('an answer', async () => {
      const offer = await agent.next('offer');
      assert.ok(JSON.stringify(offer).includes(canary), 'the machine gets what was sent');
      agent.accept(offer);
      agent.output(offer, ...textAnswer(canary));
    });
    await asking(
      'a stream',
      async () => {
        const offer = await agent.next('offer');
        agent.accept(offer);
        agent.output(offer, ...textAnswer(canary));
      },
      { stream: true },
    );
    await asking('an overflow', async () => {
      const { requestId, attempt } = await agent.next('offer');
      agent.send({
        type: 'decline',
        requestId,
        attempt,
        reason: { code: 'context-overflow', tokens: 9_000, maximum: 7_168, window: 8_192 },
      });
    });
    await asking('an engine that fails', async () => {
      for (let attempt = 1; attempt <= 3; attempt++) {
        const offer = await agent.next('offer');
        agent.accept(offer);
        agent.output(offer, { type: 'generation-error', error: apiError('engine_failed', 'The engine crashed.') });
      }
    });
    await asking('output without sense', async () => {
      for (let attempt = 1; attempt <= 3; attempt++) {
        const offer = await agent.next('offer');
        agent.accept(offer);
        agent.output(offer, { type: 'block-delta', text: canary });
      }
    });
    const leaving = await openWire(yard);
    const body = loaded({ stream: true });
    leaving.socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${yard.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const left = await agent.next('offer');
    agent.accept(left);
    agent.output(left, ...textAnswer(canary).slice(0, 3));
    await leaving.until(canary);
    leaving.socket.destroy();
    await agent.next('cancel');
    agent.send({ type: 'cancelled', requestId: left.requestId, attempt: left.attempt });

    const status = await fetch(`${yard.url}/metalyard/status`, {
      headers: { authorization: `Bearer ${yard.adminToken}` },
    });
    kept.push(['the status', await status.text()]);
    // Rows of the ledger are written in groups, at most 250 ms later.
    while (
      ![...filesIn(yard.directory)].some(
        ([path, content]) => /sqlite|\.db/.test(path) && content.includes(left.requestId),
      )
    ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(assertNowhere(kept) > 5_000);
    assert.ok(assertNowhere(filesIn(yard.directory)) > 5_000, 'there is a store to search');
    const logged = assertNowhere(filesIn(logDirectory));
    assert.ok(logged > 1_000, `only ${logged} bytes of log to search`);
  } finally {
    rmSync(logDirectory, { recursive: true, force: true });
  }
});

test('nor is it in anything a whole yard prints or keeps, when its engine answers, crashes or talks rubbish', async () => {
  const say = `${canary} `.repeat(5);
  await using yard = await startYard({
    engine: {
      rules: [
        { lastTurn: 'crash', say, fault: { kind: 'exit', afterTokens: 3 } },
        { lastTurn: 'rubbish', say, fault: { kind: 'garbage', afterTokens: 3 } },
        {
          lastTurn: 'call',
          say: `<tool_call>{"name": "${canary}", "arguments": {"${canary}": ${canary}}}</tool_call>`,
        },
      ],
      otherwise: say,
    },
  });
  const kept: (readonly [string, string])[] = [];
  const asked = [
    ['answer', true],
    ['crash', true],
    ['rubbish', false],
    ['call', false],
    ['call', true],
  ] as const;
  for (const [word, stream] of asked) {
    const messages = [{ role: 'user', content: `${canary} ${word}` }];
    const body = loaded({
      model: yard.model,
      messages,
      stream,
      tools: word === 'call' ? [{ name: 'a', strict: true, input_schema: { type: 'object' } }] : [],
      stop_sequences: [],
    });
    const answer = await askYard(yard, body, { headers: secretHeaders });
    const text = await answer.text();
    const errors = stream
      ? text.split('\n\n').filter((event) => event.startsWith('event: error'))
      : answer.ok
        ? []
        : [text];
    kept.push(...errors.map((error) => [`${word}, ${stream ? 'streamed' : 'whole'}`, error] as const));
  }
  assert.ok(kept.length >= 2, 'some of it failed');
  kept.push(['the status', JSON.stringify(await yard.status())], ['the terminal', yard.output()]);
  assertNowhere(kept);
  const own = [...filesIn(yard.directory)].filter(
    ([path]) => !path.endsWith('scripted-engine.mjs') && !path.endsWith('.gguf'),
  );
  assert.ok(assertNowhere(own) > 5_000);
});
