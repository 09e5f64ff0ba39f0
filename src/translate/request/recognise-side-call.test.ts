import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import { recogniseSideCall } from './recognise-side-call.ts';

/** Bodies of a recorded session, as its client sent them. */
function bodiesOf(capture: string): readonly MessagesRequest[] {
  const text = readFileSync(new URL(`./fixtures/captures/${capture}.json`, import.meta.url), 'utf8');
  const { requests } = JSON.parse(text) as { requests: { body: MessagesRequest | null }[] };
  return requests.flatMap(({ body }) => (body?.messages === undefined ? [] : [body]));
}

const asked: MessagesRequest = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hello' }] };
const attribution = (rest: string) => ({
  ...asked,
  system: [{ type: 'text', text: `x-anthropic-billing-header: cc_version=2.1; ${rest}` } as const],
});

describe('of recorded sessions', () => {
  const recorded: readonly (readonly [capture: string, seen: readonly (string | null)[]])[] = [
    ['cc-interactive-title', ['title']],
    ['opencode-run', ['title', null, null, null]],
    ['cc-print-websearch-subrequest', [null]],
    ['cc-print-autocompact', [null, null]],
    ['pi-print', [null, null]],
  ];
  for (const [capture, seen] of recorded) {
    test(`${capture} has these side calls: ${seen.join(', ')}`, () => {
      assert.deepEqual(bodiesOf(capture).slice(0, seen.length).map(recogniseSideCall), seen);
    });
  }
});

describe('a side call', () => {
  test('is a turn of a sub-agent that says so in its attribution', () => {
    assert.equal(recogniseSideCall(attribution('cc_is_subagent=true;')), 'sub-agent');
    assert.equal(recogniseSideCall(attribution('cc_is_subagent=false;')), null);
  });

  test('is not what only speaks of one', () => {
    const quoted = { ...asked, system: 'The line x-anthropic-billing-header: cc_is_subagent=true means a sub-agent.' };
    assert.equal(recogniseSideCall(quoted), null);
    assert.equal(recogniseSideCall(asked), null);
  });

  test('is not an answer with more than a title in it', () => {
    const schema = { type: 'object', properties: { title: {}, body: {} } };
    assert.equal(recogniseSideCall({ ...asked, output_config: { format: { type: 'json_schema', schema } } }), null);
  });
});
