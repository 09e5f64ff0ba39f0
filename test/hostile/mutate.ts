/** Turns good requests into bad ones: in their structure, in their JSON text, in their HTTP bytes. */
import type { Random } from './random.ts';

/** Values that have broken parsers, checks and loops. Half of them are legal in some place. */
const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -0,
  2 ** 53,
  '',
  ' ',
  'x',
  '__proto__',
  'text',
  'tool_use',
  'tool_result',
  'image',
  'system',
  'assistant',
  'auto',
  '\u0000',
  '\ud83d',
  '\ude00😀',
  '\u2028',
  'x'.repeat(5_000),
  '{"a":',
  [],
  [[]],
  [null],
  {},
  { type: 'text' },
  { type: 'text', text: 1 },
  { type: 'tool_use' },
  { type: 'tool_use', id: 'a', name: 'b', input: [] },
  { type: 'tool_result', tool_use_id: 'a' },
  { type: 'thinking', thinking: '', signature: 'x' },
  { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
  { type: 'image', source: { type: 'url', url: 'file:///etc/passwd' } },
  { type: 'enabled', budget_tokens: -1 },
  { type: 'object', properties: 5 },
  { type: 'object', properties: { a: { $ref: '#' } } },
  { type: 'array', items: { $ref: '#/properties/a' } },
  { type: 'tool', name: '__proto__' },
  { role: 'user' },
  { role: 'system', content: [{}] },
  { name: 'a', input_schema: { type: 'object', pattern: '(a+)+$' } },
  { type: 'json_schema', schema: {} },
];
const oddNames = [
  '__proto__',
  'constructor',
  'toJSON',
  'length',
  'type',
  'content',
  'role',
  'text',
  'input',
  'cache_control',
  '',
];

type Node = Record<string, unknown> | unknown[];
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** One to three changes somewhere in a JSON value. */
export function mutateValue(value: unknown, random: Random): unknown {
  const changed: unknown = structuredClone(value);
  for (let changes = 1 + random.below(3); changes > 0; changes--) if (isNode(changed)) changeOne(changed, random);
  return changed;
}

function changeOne(root: Node, random: Random): void {
  let node = root;
  for (;;) {
    const keys = Object.keys(node);
    if (keys.length === 0) return put(node, random);
    const key = random.pick(keys);
    const child: unknown = Reflect.get(node, key);
    if (isNode(child) && !random.onceIn(15)) {
      node = child;
      continue;
    }
    switch (random.below(6)) {
      case 0:
        if (Array.isArray(node)) node.splice(Number(key), 1);
        else delete node[key];
        return;
      case 1:
        return put(node, random);
      case 2:
        // Twice the same: ids that are not unique, turns that repeat.
        if (Array.isArray(node)) node.splice(Number(key), 0, structuredClone(child));
        return;
      case 3:
        if (Array.isArray(node)) node.reverse();
        return;
      case 4:
        Reflect.set(node, key, nest(child, random.below(80)));
        return;
      default:
        Reflect.set(node, key, structuredClone(random.pick(oddValues)));
        return;
    }
  }
}

function put(node: Node, random: Random): void {
  const value = structuredClone(random.pick(oddValues));
  if (Array.isArray(node)) node.push(value);
  else
    Object.defineProperty(node, random.pick(oddNames), { value, enumerable: true, configurable: true, writable: true });
}

function nest(value: unknown, levels: number): unknown {
  let nested = value;
  for (let level = 0; level < levels; level++) nested = level % 2 === 0 ? [nested] : { a: nested };
  return nested;
}

const jsonPieces = [
  '"',
  '\\',
  '\\u',
  '\\ud800',
  '\\u0000',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  '1e999',
  '-',
  '//',
  '\u0000',
  '\u00ff',
  '\n',
  '"__proto__":',
  '/*',
];
const httpPieces = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  '\u0000',
  '\u00ff',
  ':',
  'HTTP/1.0',
  'HTTP/2.0',
  'GET / HTTP/1.1\r\n\r\n',
  'POST',
  'DELETE',
  'PUT ',
  'PATCH ',
  'content-length: 99999999\r\n',
  'content-length: 0\r\n',
  'Content-Length: 5\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: gzip, chunked\r\n',
  'expect: 100-continue\r\n',
  'expect: x\r\n',
  'connection: close\r\n',
  'connection: upgrade\r\nupgrade: websocket\r\n',
  'upgrade: h2c\r\n',
  'host: evil.example\r\n',
  'content-encoding: gzip\r\n',
  'content-type: ;\r\n',
  'content-type: multipart/form-data\r\n',
  `x: ${'y'.repeat(9_000)}\r\n`,
  '0\r\n\r\n',
  'ffffffff\r\n',
  '%00',
  '%zz',
  '/..',
  '//',
  'http://evil.example',
  '?',
  '#',
  '*',
  '/v1/models',
  '/v1/messages/count_tokens',
  '/metalyard/link',
  '/metalyard/status',
  ':id',
  '(',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

export const mutateJson = (text: string, random: Random): string => mutateText(text, jsonPieces, random);
export const mutateHttp = (text: string, random: Random): string => mutateText(text, httpPieces, random);

/** One to three changes of a text of Latin-1 characters (bytes). */
function mutateText(text: string, pieces: readonly string[], random: Random): string {
  let changed = text;
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = random.below(changed.length + 1);
    // Heads are where parsers decide: half of the changes go there.
    const from = random.onceIn(2) ? at : Math.min(at, random.below(400));
    const length = random.onceIn(3) ? random.below(200) : 1;
    const [before, piece, after] = [
      changed.slice(0, from),
      changed.slice(from, from + length),
      changed.slice(from + length),
    ];
    switch (random.below(6)) {
      case 0:
        changed = before + after;
        break;
      case 1:
        changed = before + piece + piece + after;
        break;
      case 2:
        changed = before + String.fromCharCode(random.below(256)) + after;
        break;
      case 3:
        changed = before;
        break;
      default:
        changed = before + random.pick(pieces) + piece + after;
    }
  }
  return changed;
}
