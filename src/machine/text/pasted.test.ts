import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeText } from './decode.ts';
import { pastedText } from './pasted.ts';

const printed = 'index, name\n0, Tesla T4\n';

test('colours, fences, quotes and the typed command are no part of what a tool printed', () => {
  assert.equal(pastedText(printed), printed);
  assert.equal(pastedText('\u001b[1mindex, name\u001b[0m\n0, \u001b[38;5;2mTesla T4\u001b[m\n'), printed);
  assert.equal(pastedText('```text\nindex, name\n0, Tesla T4\n```').trim(), printed.trim());
  assert.equal(pastedText('> index, name\n> 0, Tesla T4\n'), printed);
  assert.equal(
    pastedText(`me@box:~/models$ nvidia-smi --format=csv\n${printed}me@box:~/models$ `).trim(),
    printed.trim(),
  );
  assert.equal(pastedText(`[me@box ~]$ nvidia-smi\r\n${printed}`), printed);
  assert.equal(pastedText(`PS C:\\Users\\me> nvidia-smi\n${printed}\nC:\\>`), printed);
});

test('lines that only look a little like it stay', () => {
  for (const text of ['> one quoted line\nand one that is not', 'mail: me@box.example', 'C: 12 % > 10 %', '``x``']) {
    assert.equal(pastedText(text), text);
  }
});

test('UTF-16 of either byte order is read by its mark', () => {
  const little = Buffer.from(`\ufeff${printed}`, 'utf16le');
  assert.equal(decodeText(little), printed);
  assert.equal(decodeText(Buffer.from(little).swap16()), printed);
});
