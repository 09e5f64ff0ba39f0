import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type GatewayMessage, readGatewayMessage } from '../contract/link/messages.ts';
import { KnownTools } from './known-tools.ts';

const tool = (name: string) => ({
  name,
  description: 'It looks, "reads" and tells. '.repeat(100),
  inputSchema: { type: 'object', properties: { '2': { type: 'string' }, file: { type: 'string' } } },
  strict: false,
});
const tools = [tool('look'), tool('read')];

/** An offer as the gateway writes it. */
function offerOf({ scope = 'key_1', text = 'Hello', offered = tools as unknown, more = {} } = {}): string {
  const head = { type: 'offer', requestId: 'req_1', attempt: 1, offerMs: 2_000, scope, ...more };
  const request = { model: 'tiny', messages: [{ role: 'user', text }], tools: offered };
  return JSON.stringify({ ...head, request });
}

const plain = (text: string): GatewayMessage => {
  const read = readGatewayMessage(text);
  assert.ok(read.kind === 'message');
  return read.message;
};
function toolsOf(known: KnownTools, text: string): unknown {
  const read = known.read(text);
  assert.ok(read.kind === 'message' && read.message.type === 'offer');
  assert.deepEqual(read.message, plain(text));
  return read.message.request.tools;
}

describe('tools of an offer', () => {
  test('that were heard before are the same object, whatever is asked with them', () => {
    const known = new KnownTools();
    const first = toolsOf(known, offerOf());
    assert.equal(toolsOf(known, offerOf({ text: 'Go on' })), first);
    assert.equal(toolsOf(known, offerOf({ more: { model: 'other', credit: { chars: 1, deltas: 1 } } })), first);
  });

  test('of another scope, or of another list, are others', () => {
    const known = new KnownTools();
    const first = toolsOf(known, offerOf());
    assert.notEqual(toolsOf(known, offerOf({ scope: 'key_2' })), first);
    assert.notEqual(toolsOf(known, offerOf({ offered: tools.slice(1) })), first);
    assert.equal(toolsOf(known, offerOf()), first);
  });

  test('are not found where only a text ends like them', () => {
    const known = new KnownTools();
    toolsOf(known, offerOf());
    const inner = JSON.stringify({ ...JSON.parse(offerOf()), request: { ...plainRequest, deeper: { tools } } });
    const read = known.read(`${inner.slice(0, -1)}}`);
    assert.deepEqual(read, readGatewayMessage(inner));
    const cut = offerOf().slice(0, 150) + offerOf().slice(-7_000);
    assert.deepEqual(known.read(cut), readGatewayMessage(cut));
  });

  test('are not looked for under a scope that stands somewhere else', () => {
    const known = new KnownTools();
    const first = toolsOf(known, offerOf());
    const tricky = offerOf({ scope: 'key_2' }).replace('"scope"', '"pretended":"x","scope"');
    assert.notEqual(toolsOf(known, tricky), first);
    const twice = offerOf().replace('"request"', '"scope":"key_2","request"');
    assert.notEqual(toolsOf(known, twice), first);
  });

  test('are forgotten when there are many newer ones', () => {
    const known = new KnownTools();
    const first = toolsOf(known, offerOf());
    for (let other = 0; other < 16; other++) toolsOf(known, offerOf({ scope: `other_${other}` }));
    assert.notEqual(toolsOf(known, offerOf()), first);
  });

  test('few, none, or in another message: all is read as ever', () => {
    const known = new KnownTools();
    for (const text of [
      offerOf({ offered: [] }),
      offerOf({ offered: undefined }),
      offerOf({ offered: 'none' }),
      JSON.stringify({ type: 'count', countId: 'c', request: { model: 'tiny', messages: [], tools } }),
      '{"type":"offer"',
      '{"type":"offer","scope":"\\x"',
      '{"type":"unheard"}',
    ]) {
      assert.deepEqual(known.read(text), readGatewayMessage(text));
      assert.deepEqual(known.read(text), readGatewayMessage(text));
    }
  });
});

const plainRequest = { model: 'tiny', messages: [] };
