/** Tools found again by their bytes: what is parsed is the same as without, and no scope gets another one's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBody } from '../../translate/request/parse-body.ts';
import { KnownTools } from './known-tools.ts';

const tool = (name: string) => ({
  name,
  description: `Does "${name}" – and\n${'more '.repeat(500)}`,
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
});
const tools = [tool('Read'), tool('Bash')];
const json = JSON.stringify(tools);
const bytes = (text: string) => Buffer.from(text);
const body = (own: unknown = tools, content = 'Hello') =>
  bytes(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], tools: own, max_tokens: 5 }));
const toolsIn = (known: KnownTools, text: Buffer, scope = 'key_1'): unknown => {
  const parsed = known.parse(text, scope, 1_000);
  assert.deepEqual(parsed, parseBody(text, 1_000));
  return typeof parsed === 'object' && parsed.ok ? parsed.value.tools : undefined;
};

test('tools of an earlier body are met again, in the same scope alone', () => {
  const known = new KnownTools();
  const first = toolsIn(known, body());
  assert.equal(toolsIn(known, body(tools, 'Go on')), first);
  const others = toolsIn(known, body(), 'key_2');
  assert.notEqual(others, first);
  assert.equal(toolsIn(known, body(), 'key_2'), others);
  assert.notEqual(toolsIn(known, body([...tools, tool('Grep')])), first);
});

test('a body is what it is without, wherever the bytes of known tools stand in it', () => {
  for (const [told, text] of Object.entries({
    'where they are looked for': `{ "max_tokens":5, "tools":${json} }`,
    'in a text': JSON.stringify({ messages: [{ role: 'user', content: `"tools":${json}` }] }),
    'in a text, as they are': `{"model":"\\"tools\\":${json}"}`,
    'a level deeper': `{"metadata":{"tools":${json}},"max_tokens":5}`,
    'a level deeper, before other tools': `{"metadata":{"tools":${json}},"tools":[]}`,
    'as the value of something else': `{"model":${json},"max_tokens":5}`,
    'before other tools': `{"tools":${json},"tools":[{"name":"Other"}]}`,
    'behind other tools': `{"tools":[{"name":"Other"}],"tools":${json}}`,
    twice: `{"tools":${json},"tools":${json}}`,
    'without an end': `{"metadata":{"tools":${json}}`,
    'with more behind them': `{"tools":${json}]}`,
    'with a mark of byte order behind them': `{"tools":${json}\ufeff,"max_tokens":5}`,
    'with half a character before them': `{"model":"\\ud83d","tools":${json}}`,
    'in a list': `[{"tools":${json}}]`,
    'beside a prototype': `{"__proto__":{"a":1},"tools":${json}}`,
  })) {
    const known = new KnownTools();
    // Learned where they will be looked for.
    const behind = Buffer.byteLength(text) - Buffer.byteLength(text.slice(0, text.lastIndexOf(json) + json.length));
    if (text.includes(json)) assert.ok(toolsIn(known, bytes(`{"tools":${json}${' '.repeat(behind - 1)}}`)), told);
    toolsIn(known, bytes(text));
  }
});

test('keys of known tools count', () => {
  const known = new KnownTools();
  const text = body();
  const keys = 20;
  assert.notEqual(parseBody(text, keys), 'many-keys');
  assert.equal(parseBody(text, keys - 1), 'many-keys');
  for (let turn = 0; turn < 2; turn++) {
    assert.notEqual(known.parse(text, 'key_1', keys), 'many-keys');
    assert.equal(known.parse(text, 'key_1', keys - 1), 'many-keys');
  }
});

test('a scope has a few lists, and those it used last', () => {
  const known = new KnownTools();
  const own = (name: string) => body([tool(name), tool('Read')]);
  const [a, b] = [toolsIn(known, own('a')), toolsIn(known, own('b'))];
  assert.equal(toolsIn(known, own('a')), a);
  for (const name of ['c', 'd', 'e']) toolsIn(known, own(name));
  assert.equal(toolsIn(known, own('a')), a);
  assert.notEqual(toolsIn(known, own('b')), b);
});

test('all scopes together have so much, and the one not heard for longest goes first', () => {
  const known = new KnownTools();
  const large = body([{ ...tool('Read'), description: 'x'.repeat(500 * 1024) }]);
  const of = (scope: string): unknown => {
    const parsed = known.parse(large, scope, 1_000);
    return typeof parsed === 'object' && parsed.ok && parsed.value.tools;
  };
  const [first, second] = [of('first'), of('second')];
  for (let other = 0; other < 30; other++) of(`other ${other}`);
  assert.equal(of('first'), first);
  for (let other = 30; other < 32; other++) of(`other ${other}`);
  assert.equal(of('first'), first);
  assert.notEqual(of('second'), second);
});
