import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameStarts, plainFrame, readPlainFrame } from './plain-frame.ts';

const mask = [0x12, 0x00, 0xff, 0x80] as const;
const text = 0x81;
const part = 0x01;
const rest = 0x80;
const ping = 0x89;
const goodBye = 0x88;

/** As a client sends it. */
function frame(first: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.from(mask), bytes.map((byte, at) => byte ^ (mask[at & 3] ?? 0))]);
}

test('a whole text is read, and its bytes stay as they are', () => {
  for (const said of ['c17 {"type":"beat"}', 'x', 'y'.repeat(125), 'y'.repeat(126), 'y'.repeat(4_096)]) {
    const chunk = frame(text, said);
    const before = Buffer.from(chunk);
    assert.equal(readPlainFrame(chunk), said);
    assert.deepEqual(chunk, before);
  }
});

for (const [what, chunk] of [
  ['two frames', Buffer.concat([frame(text, 'c1 {}'), frame(text, 'c2 {}')])],
  ['a frame without its last byte', frame(text, 'c1 {}').subarray(0, -1)],
  ['a long text', frame(text, 'x'.repeat(4_097))],
  ['a length that is told the long way', Buffer.concat([Buffer.from([text, 0xfe, 0, 5, ...mask]), Buffer.alloc(5)])],
  ['more than the length', Buffer.concat([frame(text, 'x'.repeat(200)), Buffer.alloc(1)])],
  ['an empty text', frame(text, '')],
  ['other characters than ASCII', frame(text, 'zwölf')],
  ['the first part of a message', frame(part, 'c1 {}')],
  ['the last part of a message', frame(rest, 'c1 {}')],
  ['bytes', frame(0x82, 'c1 {}')],
  ['a compressed text', frame(0xc1, 'c1 {}')],
  ['a ping', frame(ping, 'c1 {}')],
  ['no mask', Buffer.from('\x81\x05c1 {}', 'latin1')],
  ['nothing', Buffer.alloc(0)],
] as const) {
  test(`left to the library: ${what}`, () => assert.equal(readPlainFrame(chunk), null));
}

test('a short answer is a whole frame; others are left to the library', () => {
  assert.equal(plainFrame('a 17 9'), '\x81\x06a 17 9');
  assert.equal(plainFrame('x'.repeat(125))?.length, 127);
  assert.equal(plainFrame('x'.repeat(126)), null);
  assert.equal(plainFrame('für'), null);
});

test('a message begins where the one before has ended, wherever its bytes were cut', () => {
  const frames = [
    frame(text, 'c1 {}'),
    frame(part, 'x'.repeat(126)),
    frame(ping, ''),
    frame(0x00, ''),
    frame(rest, 'x'.repeat(300)),
    frame(ping, 'still there?'),
    frame(text, 'x'.repeat(65_535)),
    frame(0x82, Buffer.alloc(70_000)),
    Buffer.from('\x81\x05c1 {}', 'latin1'),
  ];
  const bytes = Buffer.concat(frames);
  // Behind each frame, but for those within the message in parts.
  const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length);
  const between = new Set([0, ...ends.filter((_, index) => index < 1 || index > 3)]);
  for (const step of [1, 2, 3, 5, 7, 11, 64, 1_000, 65_536]) {
    const starts = new FrameStarts();
    for (let at = 0; at < bytes.length; at += step) {
      assert.equal(starts.isAtMessage, between.has(at), `at ${at} of ${step} at a time`);
      starts.pass(bytes.subarray(at, at + step));
    }
    assert.ok(starts.isAtMessage);
  }
});

test('nothing follows a good-bye, once it is there', () => {
  const starts = new FrameStarts();
  const bye = frame(goodBye, 'xxenough');
  starts.pass(bye.subarray(0, 7));
  assert.deepEqual([starts.isAtMessage, starts.isOver], [false, false]);
  starts.pass(Buffer.concat([bye.subarray(7), frame(text, 'late').subarray(0, 3)]));
  assert.deepEqual([starts.isAtMessage, starts.isOver], [false, true]);
  starts.pass(frame(text, 'late'));
  assert.deepEqual([starts.isAtMessage, starts.isOver], [false, true]);
});
