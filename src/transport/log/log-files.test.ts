import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { followLogs, readLogs } from './log-files.ts';
import { RotatingFile } from './rotating-file.ts';

function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-logs-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}
const line = (second: number, msg: string): string =>
  JSON.stringify({ level: 'info', time: `2026-11-22T10:00:${String(second).padStart(2, '0')}.000Z`, msg });

test('the last lines of all files, older ones included, come in the order of their time', (context) => {
  const directory = directoryFor(context);
  writeFileSync(join(directory, 'gateway.1.log'), `${line(1, 'a')}\n${line(2, 'b')}\n`);
  writeFileSync(join(directory, 'gateway.log'), `${line(4, 'd')}\n${line(6, 'f')}\n`);
  writeFileSync(join(directory, 'agent.log'), `${line(3, 'c')}\n${line(5, 'e')}\n`);
  const messages = (count: number): string =>
    readLogs(directory, count)
      .map((one) => JSON.parse(one).msg)
      .join('');
  assert.equal(messages(100), 'abcdef');
  assert.equal(messages(3), 'def');
  assert.equal(messages(0), '');
});

test('without a log there are no lines', () => assert.deepEqual(readLogs(join(tmpdir(), 'metalyard-none'), 5), []));

test('following shows what is added, across a rotation and a new file', async (context) => {
  const directory = directoryFor(context);
  const file = new RotatingFile(directory, 'gateway', { maxBytes: 200 });
  file.write(`${line(0, 'before')}\n`);
  const seen: string[] = [];
  const expected = ['1', '2', '3', '4', '5', '6', 'agent'];
  await new Promise<void>((resolve) => {
    const follower = followLogs(directory, (one) => {
      seen.push(JSON.parse(one).msg);
      if (seen.length < expected.length) return;
      follower.stop();
      resolve();
    });
    follower.start();
    for (let number = 1; number <= 3; number += 1) file.write(`${line(number, String(number))}\n`);
    file.write(`${line(4, '4')}\n`);
    for (let number = 5; number <= 6; number += 1) file.write(`${line(number, String(number))}\n`);
    const agent = new RotatingFile(directory, 'agent');
    agent.write(`${line(7, 'agent')}\n`);
    agent.close();
  });
  file.close();
  assert.deepEqual([...seen].sort(), [...expected].sort());
});
