import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { RequestReport } from '../request-report.ts';
import { openLog } from './log.ts';
import { type LogRecord, readableLine } from './readable-line.ts';
import { RotatingFile } from './rotating-file.ts';

const secret = `my_0123456789ab_${'Zq-_'.repeat(10)}abc`;
const answered: RequestReport = {
  requestId: 'req_1',
  keyId: 'key_0123456789ab',
  model: 'tiny-q8_0',
  outcome: { kind: 'answered' },
  machineId: 'mch_1',
  attempts: 1,
  usage: { promptTokens: 1204, cachedTokens: 1100, outputTokens: 56, thinkingTokens: 0 },
  charged: { inputTokens: 1, outputTokens: 2 },
  ttftMs: 210,
  totalMs: 2310,
};

function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-log-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const linesOf = (text: string): string[] => text.trimEnd().split('\n');

/** Readable lines without their time of day. */
function terminal() {
  const lines: string[] = [];
  return {
    lines,
    write: (text: string) => lines.push(...linesOf(text).map((line) => line.slice(9))),
    colour: false,
    lowest: 'info' as const,
  };
}

test('each request is one readable line', () => {
  const screen = terminal();
  const log = openLog({
    process: 'gateway',
    terminal: screen,
    keyLabel: () => 'laptop',
    machineName: () => 'studio',
  });
  log.request(answered);
  log.request({
    ...answered,
    outcome: { kind: 'rejected', error: { code: 'queue_full', message: 'The queue is full.' } },
    machineId: null,
    usage: null,
    ttftMs: null,
    totalMs: 30,
  });
  log.request({ ...answered, outcome: { kind: 'cancelled', reason: 'client-left' }, usage: null, totalMs: 12_340 });
  log.request({
    ...answered,
    attempts: 2,
    usage: null,
    outcome: { kind: 'failed', error: { code: 'engine_failed', message: 'The engine ended.' } },
  });
  log.close();
  assert.deepEqual(screen.lines, [
    'answered  tiny-q8_0  for laptop  on studio  in 1204 (1100 cached) out 56  first 0.21 s  total 2.31 s',
    '529 queue_full  tiny-q8_0  for laptop  total 0.03 s  The queue is full.',
    'cancelled (client-left)  tiny-q8_0  for laptop  on studio  first 0.21 s  total 12.3 s',
    'failed (engine_failed)  tiny-q8_0  for laptop  on studio  first 0.21 s  total 2.31 s  2 attempts  The engine ended.',
  ]);
});

test('the lines of requests are written together, a moment later or before the next message', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const screen = terminal();
  const written: string[] = [];
  const log = openLog({ process: 'gateway', terminal: { ...screen, write: (text) => written.push(text) } });
  log.request(answered);
  log.request(answered);
  assert.equal(written.length, 0);
  context.mock.timers.tick(100);
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /answered.*\n.*answered.*\n$/);

  log.request(answered);
  log.error('request failed');
  assert.match(written[1] ?? '', /answered.*\n.*error request failed\n$/);
  context.mock.timers.tick(100);
  assert.equal(written.length, 2, 'nothing is written twice');
});

test('what is not known by name is shown by id', () => {
  const screen = terminal();
  const log = openLog({ process: 'gateway', terminal: screen });
  log.request(answered);
  log.close();
  assert.match(screen.lines[0] ?? '', /for key_0123456789ab {2}on mch_1/);
});

test('the file holds one JSON object per line, and the same line comes out of it again', (context) => {
  const directory = directoryFor(context);
  const screen = terminal();
  const log = openLog({ process: 'agent', directory, terminal: screen });
  log.info('model ready', { model: 'tiny', loadMs: 120 });
  log.warn('not linked', { why: 'connection refused' });
  log.request(answered);
  log.close();
  const written = readFileSync(join(directory, 'agent.log'), 'utf8');
  const records = linesOf(written).map((line): LogRecord => JSON.parse(line));
  assert.deepEqual(
    records.map(({ level, process, msg }) => [level, process, msg]),
    [
      ['info', 'agent', 'model ready'],
      ['warn', 'agent', 'not linked'],
      ['info', 'agent', 'request'],
    ],
  );
  assert.deepEqual(
    records.map(({ process: _process, ...record }) => readableLine(record as LogRecord, false).slice(9)),
    screen.lines,
  );
  assert.equal(screen.lines[1], 'warning not linked why="connection refused"');
  if (process.platform !== 'win32') assert.equal(statSync(join(directory, 'agent.log')).mode & 0o777, 0o600);
});

const credentials: readonly [string, string, string][] = [
  ['a key of ours', secret, 'my_0123456789ab_***'],
  ['a key of ours in a header', `authorization: Bearer ${secret}`, 'Bearer my_0123456789ab_***'],
  ["a provider's key", 'sk-ant-api03-AAAABBBBCCCCDDDD', 'sk-***'],
  ['an unknown bearer token', 'Bearer eyJhbGciOi.abc', 'Bearer ***'],
  ['the admin token', `admin_${'x'.repeat(43)}`, 'admin_***'],
];
for (const [what, text, shown] of credentials) {
  test(`${what} never reaches the file or the terminal`, (context) => {
    const directory = directoryFor(context);
    const screen = terminal();
    const log = openLog({ process: 'gateway', directory, terminal: screen });
    log.error(`failed: ${text}`, { nested: { header: text } });
    log.close();
    const both = readFileSync(join(directory, 'gateway.log'), 'utf8') + screen.lines.join('\n');
    const hidden = text.split(/[ ]/).at(-1) ?? '';
    assert.ok(!both.includes(hidden), both);
    assert.ok(both.includes(shown), both);
  });
}

test('text from outside can neither break a line nor steer the terminal', () => {
  const screen = terminal();
  openLog({ process: 'gateway', terminal: screen }).info('hello\nworld', { name: '\u001b[2Jx\u009b31my' });
  assert.equal(screen.lines.length, 1);
  assert.doesNotMatch(screen.lines[0] ?? '', /\p{Cc}/u);
});

test('a quiet terminal shows problems only', () => {
  const screen = { ...terminal(), lowest: 'warn' as const };
  const log = openLog({ process: 'gateway', terminal: screen });
  log.info('all well');
  log.warn('not so well');
  assert.deepEqual(screen.lines, ['warning not so well']);
});

test('log files are bounded: the oldest go', (context) => {
  const directory = directoryFor(context);
  const file = new RotatingFile(directory, 'gateway', { maxBytes: 100, files: 3 });
  for (let number = 0; number < 50; number += 1) file.write(`line ${String(number).padStart(3, '0')} of fifty\n`);
  file.close();
  assert.deepEqual(readdirSync(directory).sort(), ['gateway.1.log', 'gateway.2.log', 'gateway.log']);
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const kept = read('gateway.2.log') + read('gateway.1.log') + read('gateway.log');
  assert.ok(kept.length <= 3 * 120, `${kept.length} bytes`);
  assert.ok(kept.endsWith('line 049 of fifty\n'));
  const numbers = [...kept.matchAll(/line (\d+)/g)].map((match) => Number(match[1]));
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => 50 - numbers.length + index),
    'the newest lines, in order, none missing',
  );
});

test('a coloured line differs from a plain one in its colours only', () => {
  const plain = terminal();
  const coloured = { ...terminal(), colour: true };
  for (const screen of [plain, coloured]) {
    const write = (text: string): void => void screen.lines.push(...linesOf(text));
    const log = openLog({ process: 'gateway', terminal: { ...screen, write } });
    log.warn('not linked', { why: 'refused' });
    log.request(answered);
    log.request({ ...answered, outcome: { kind: 'rejected', error: { code: 'queue_full', message: 'Full.' } } });
    log.close();
  }
  for (const line of coloured.lines) assert.ok(line.includes('\u001b['), line);
  const withoutTime = (line: string): string => stripVTControlCharacters(line).slice(9);
  assert.deepEqual(coloured.lines.map(withoutTime), plain.lines.map(withoutTime));
});
