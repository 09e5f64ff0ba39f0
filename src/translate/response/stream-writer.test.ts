import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { apiError } from '../../contract/errors.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { InvalidGeneration } from './event-grammar.ts';
import { goodGeneration, identity } from './fixtures/generations.ts';
import { readStream } from './fixtures/read-stream.ts';
import { createMessageFold } from './message-fold.ts';
import { createStreamWriter } from './stream-writer.ts';

const start: GenerationEvent = { type: 'generation-start', promptTokens: 100, cachedTokens: 60 };
const usage = { promptTokens: 100, cachedTokens: 60, outputTokens: 7, thinkingTokens: 2 };
const end: GenerationEvent = { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage };
const text: GenerationEvent[] = [
  { type: 'block-start', block: { kind: 'text' } },
  { type: 'block-delta', text: 'Hi' },
  { type: 'block-end' },
];
const write = (events: readonly GenerationEvent[]): string => {
  const writer = createStreamWriter(identity);
  return events.map((event) => writer.write(event)).join('');
};

describe('the stream writer', () => {
  it("writes the events of an answer in Anthropic's words", () => {
    const stream = write([
      start,
      { type: 'block-start', block: { kind: 'thinking' } },
      { type: 'block-delta', text: 'Hm' },
      { type: 'block-end' },
      ...text,
      end,
    ]);
    assert.deepEqual(stream.split('\n\n').slice(0, -1), [
      'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_test","type":"message","role":"assistant","model":"tiny","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"container":null,"diagnostics":null,"usage":{"input_tokens":40,"output_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":60,"server_tool_use":null,"output_tokens_details":null,"cache_creation":null,"service_tier":"standard","inference_geo":null,"speed":null}}}',
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"signed 2"}}',
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
      'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi"}}',
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}',
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,"container":null},"usage":{"input_tokens":40,"output_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":60,"server_tool_use":null,"output_tokens_details":{"thinking_tokens":2}}}',
      'event: message_stop\ndata: {"type":"message_stop"}',
    ]);
  });

  it('writes a tool call with an empty input, then all of it', () => {
    const stream = write([
      start,
      { type: 'block-start', block: { kind: 'tool-use', id: 'toolu_1', name: 'Bash' } },
      { type: 'block-delta', text: '{"command":"ls"}' },
      { type: 'block-end' },
      end,
    ]);
    assert.match(
      stream,
      /"content_block":\{"type":"tool_use","id":"toolu_1","name":"Bash","input":\{\},"caller":\{"type":"direct"\}\}/,
    );
    assert.match(stream, /\{"type":"input_json_delta","partial_json":"\{\\"command\\":\\"ls\\"\}"\}/);
  });

  it('opened before the counts are known, tells them at the end', () => {
    const writer = createStreamWriter(identity);
    let stream = writer.open({ promptTokens: 90, cachedTokens: 0 }) + writer.ping();
    assert.ok(writer.opened);
    for (const event of [start, ...text, end]) stream += writer.write(event);
    const { message, names } = readStream(stream);
    assert.equal(names.filter((name) => name === 'message_start').length, 1);
    assert.equal(message.usage.input_tokens, 40);
    assert.equal(message.usage.cache_read_input_tokens, 60);
    assert.throws(() => writer.open({ promptTokens: 1, cachedTokens: 0 }), InvalidGeneration);
  });

  it('ends a failed answer with an error and no message_stop, wherever it stands', () => {
    const failed: GenerationEvent = {
      type: 'generation-error',
      error: apiError('machine_lost', 'gone', { pool: { machines: 1 } }),
    };
    for (const before of [[], [start], [start, ...text.slice(0, 2)]]) {
      const { error, names } = readStream(write([...before, failed]));
      assert.deepEqual(error, {
        type: 'error',
        error: {
          type: 'overloaded_error',
          message: 'gone',
          details: { error_code: 'machine_lost', pool: { machines: 1 } },
        },
        request_id: 'req_test',
      });
      assert.ok(!names.includes('message_stop'));
    }
  });

  it('pings until the end', () => {
    const writer = createStreamWriter(identity);
    assert.equal(writer.ping(), 'event: ping\ndata: {"type":"ping"}\n\n');
    for (const event of [start, end]) writer.write(event);
    assert.ok(writer.ended);
    assert.equal(writer.ping(), '');
  });

  const invalid: readonly (readonly [string, readonly GenerationEvent[]])[] = [
    ['a block before the start', [text[0]!]],
    ['two starts', [start, start]],
    ['a block in a block', [start, text[0]!, text[0]!]],
    ['a delta without a block', [start, text[1]!]],
    ['an end in a block', [start, text[0]!, end]],
    ['an end before the start', [end]],
    ['a second end', [start, end, end]],
    ['progress after the end', [start, end, { type: 'progress', phase: 'decode', outputTokens: 1 }]],
    [
      'half a tool input',
      [
        start,
        { type: 'block-start', block: { kind: 'tool-use', id: 'a', name: 'b' } },
        { type: 'block-delta', text: '{"a"' },
      ],
    ],
    [
      'a tool input that is no object',
      [
        start,
        { type: 'block-start', block: { kind: 'tool-use', id: 'a', name: 'b' } },
        { type: 'block-delta', text: '[]' },
      ],
    ],
    [
      'a tool input in two deltas',
      [
        start,
        { type: 'block-start', block: { kind: 'tool-use', id: 'a', name: 'b' } },
        { type: 'block-delta', text: '{}' },
        { type: 'block-delta', text: '{}' },
      ],
    ],
  ];
  for (const [name, events] of invalid) {
    it(`refuses ${name}, as does the fold`, () => {
      assert.throws(() => write(events), InvalidGeneration);
      const fold = createMessageFold(identity);
      assert.throws(() => events.map((event) => fold.push(event)), InvalidGeneration);
    });
  }

  it('and the fold say the same of every answer', () => {
    fc.assert(
      fc.property(goodGeneration, fc.boolean(), (events, opensEarly) => {
        const writer = createStreamWriter(identity);
        let stream = opensEarly ? writer.open({ promptTokens: 5, cachedTokens: 5 }) : '';
        for (const event of events) stream += writer.write(event) + (event.type === 'block-start' ? writer.ping() : '');
        const fold = createMessageFold(identity);
        const results = events.map((event) => fold.push(event)).filter((result) => result !== undefined);
        assert.equal(results.length, 1);
        const [result] = results;
        assert.ok(result?.kind === 'message');
        assert.deepEqual(readStream(stream).message, JSON.parse(JSON.stringify(result.message)));
      }),
    );
  });
});
