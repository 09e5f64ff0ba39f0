import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { canonicalise } from './canonicalise.ts';
import { conversation } from './fixtures/arbitrary-conversation.ts';
import { assistant, form, hello, text, tool } from './fixtures/requests.ts';
import { readMessagesRequest } from './read-request.ts';

describe('the rest of the canonical form', () => {
  const schemaFormat = { type: 'json_schema', schema: { type: 'object' } };
  const forced = { tools: [tool('a')], tool_choice: { type: 'any' } };
  const adaptive = { thinking: { type: 'adaptive' } };
  const on = { thinking: { type: 'enabled' } };
  const cases: [sentence: string, body: object, expected: Partial<GenerationRequest>, notes?: RegExp][] = [
    ['no thinking asked for: off', {}, { thinking: { mode: 'off', show: false } }],
    ['enabled thinking is on', on, { thinking: { mode: 'on', show: true } }],
    ['adaptive thinking leaves it to the model', adaptive, { thinking: { mode: 'auto', show: true } }],
    [
      'omitted display hides it, and says that it was there',
      { thinking: { type: 'adaptive', display: 'omitted' } },
      { thinking: { mode: 'auto', show: false, omitted: true } },
    ],
    [
      'any other display shows it, noted',
      { thinking: { type: 'adaptive', display: 'updates' } },
      { thinking: { mode: 'auto', show: true } },
      /not summarised/,
    ],
    ['disabled thinking is off', { thinking: { type: 'disabled' } }, { thinking: { mode: 'off', show: false } }],
    [
      'between_tools is off, noted',
      { thinking: { type: 'between_tools' } },
      { thinking: { mode: 'off', show: false } },
      /between_tools/,
    ],
    [
      'an unknown form leaves it to the model, noted',
      { thinking: { type: 'telepathic' } },
      { thinking: { mode: 'auto', show: true } },
      /form is unknown/,
    ],
    [
      'a budget is accepted, noted',
      { thinking: { type: 'enabled', budget_tokens: 2048 }, max_tokens: 4000 },
      { thinking: { mode: 'on', show: true } },
      /budget_tokens/,
    ],
    [
      'a forced tool turns thinking off, noted',
      { ...on, ...forced },
      { thinking: { mode: 'off', show: false } },
      /Thinking is off/,
    ],
    [
      'JSON output turns thinking off, noted',
      { ...on, output_config: { format: schemaFormat } },
      { thinking: { mode: 'off', show: false }, output: { type: 'json', schema: { type: 'object' } } },
      /Thinking is off/,
    ],
    [
      'a prefill turns thinking off, noted',
      { ...on, messages: [hello, assistant(text('a'))] },
      { thinking: { mode: 'off', show: false } },
      /Thinking is off/,
    ],
    [
      'output_format is its older name',
      { output_format: schemaFormat },
      { output: { type: 'json', schema: { type: 'object' } } },
    ],
    ['no format is text', { output_config: { format: null } }, { output: { type: 'text' } }],
    ['effort is noted', { output_config: { effort: 'high' } }, { output: { type: 'text' } }, /effort/],
    ['max_tokens 0 is kept', { max_tokens: 0 }, { maxTokens: 0 }],
    [
      'sampling is passed on',
      { temperature: 0, top_p: 0.5, top_k: 3 },
      { sampling: { temperature: 0, topP: 0.5, topK: 3 } },
    ],
    ['stop sequences are passed on', { stop_sequences: ['\n', 'END'] }, { stopSequences: ['\n', 'END'] }],
  ];
  for (const [sentence, body, expected, note] of cases) {
    it(sentence, () => {
      const canonical = form(body);
      assert.deepEqual({ ...canonical.request, ...expected }, canonical.request);
      assert.equal(canonical.notes.length, note === undefined ? 0 : 1, canonical.notes.join('\n'));
      if (note !== undefined) assert.match(canonical.notes.join(), note);
    });
  }

  const affinities: [userId: unknown, expected: object][] = [
    [undefined, {}],
    ['someone', { userId: 'someone' }],
    ['{"device_id":"d","account_uuid":"","session_id":"s"}', { sessionId: 's', userId: 'd' }],
    ['{"account_uuid":"a","device_id":"d"}', { userId: 'a' }],
    ['{broken', { userId: '{broken' }],
  ];
  for (const [userId, expected] of affinities) {
    it(`user_id ${JSON.stringify(userId)} tells ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(form({ metadata: { user_id: userId } }).affinity, expected);
    });
  }
});

describe('every valid conversation', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('\n', '<think>', 'a', '<system-reminder>'));
  const words = piece.filter((part) => part !== '');

  it('has a canonical form, and later turns only append to it', () => {
    fc.assert(
      fc.property(conversation(words), ({ body, turnEnds }) => {
        const turns = turnEnds.map((end) => {
          const messages = (body.messages as unknown[]).slice(0, end);
          const read = readMessagesRequest({ ...body, messages }, { purpose: 'create' });
          assert.ok(read.ok, read.ok ? '' : read.error.message);
          return canonicalise(read.request).request;
        });
        for (const [at, turn] of turns.slice(1).entries()) {
          const before = turns[at]!;
          assert.deepEqual(turn.messages.slice(0, before.messages.length), before.messages);
          assert.deepEqual(turn.tools, before.tools);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on cache breakpoints', () => {
    fc.assert(
      fc.property(conversation(words), ({ body }) => {
        const cached = JSON.parse(JSON.stringify(body), (_key, value) =>
          value?.type === 'text' || value?.input_schema ? { ...value, cache_control: { type: 'ephemeral' } } : value,
        );
        assert.deepEqual(canonicalise(cached), canonicalise(body as unknown as MessagesRequest));
      }),
      { numRuns: 30 },
    );
  });
});
