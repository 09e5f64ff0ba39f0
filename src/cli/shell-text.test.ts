import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { shellText, usualShell } from './shell-text.ts';

const set: [string, string][] = [
  ['MY_URL', 'http://127.0.0.1:8787/v1'],
  ['MY_TEXT', `{"say":"it's \\ $HOME \`x\`"}`],
];

test('a POSIX shell sets every character as it is and removes what is to be absent', {
  skip: process.platform === 'win32',
}, () => {
  const script = `${shellText('bash', set, ['MY_OLD'])}\nprintf '%s\\n' "$MY_URL" "$MY_TEXT" "\${MY_OLD-gone}"`;
  const out = execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { ...process.env, MY_OLD: 'old' } });
  assert.deepEqual(out.trimEnd().split('\n'), [...set.map(([, value]) => value), 'gone']);
});

test('fish: a backslash and a quote are escaped inside quotes', () => {
  assert.deepEqual(shellText('fish', set, ['MY_OLD']).split('\n'), [
    'set -e MY_OLD',
    'set -gx MY_URL http://127.0.0.1:8787/v1',
    `set -gx MY_TEXT '{"say":"it\\'s \\\\ $HOME \`x\`"}'`,
  ]);
});

test('PowerShell: a quote inside quotes is doubled', () => {
  assert.deepEqual(shellText('powershell', set, ['MY_OLD']).split('\n'), [
    'Remove-Item Env:MY_OLD -ErrorAction SilentlyContinue',
    "$env:MY_URL = 'http://127.0.0.1:8787/v1'",
    `$env:MY_TEXT = '{"say":"it''s \\ $HOME \`x\`"}'`,
  ]);
});

test('JSON is an object of the variables', () => {
  assert.deepEqual(JSON.parse(shellText('json', set, ['MY_OLD'])), Object.fromEntries(set));
});

test('Windows has PowerShell, the others a POSIX shell', () => {
  assert.deepEqual([usualShell('win32'), usualShell('darwin'), usualShell('linux')], ['powershell', 'bash', 'bash']);
});
