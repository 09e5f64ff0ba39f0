import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonc } from './parse-jsonc.ts';

test('comments and trailing commas are left out, and nothing of a string', () => {
  const text = `{ // one
    "url": "http://127.0.0.1:8787/v1", /* two, */ // }
    "quoted": "a \\"// b\\" /* c */ ,}",
    "list": [1, 2, /* three */ ], // four
  }`;
  assert.deepEqual(parseJsonc(text), {
    url: 'http://127.0.0.1:8787/v1',
    quoted: 'a "// b" /* c */ ,}',
    list: [1, 2],
  });
});

test('what is not even that is a SyntaxError', () => {
  assert.throws(() => parseJsonc('{ "a": '), SyntaxError);
  assert.throws(() => parseJsonc('{ "a": "unfinished // }'), SyntaxError);
});
