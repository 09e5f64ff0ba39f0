import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { ggufFile } from '../../../test/support/scripted-gguf-format.ts';
import { GgufFault, GgufHeaderEnds, parseGgufHeader } from './header.ts';

const whole = readFileSync(fileURLToPath(new URL('../../../models/metalyard-tiny-q8_0.gguf', import.meta.url)));
const small = ggufFile(
  { 'general.architecture': { text: 'llama' }, list: { texts: ['a', 'b'] }, numbers: { i32s: [1, -2] } },
  [{ name: 'weights', dimensions: [4, 8], type: 0, values: new Float32Array(32) }],
);

function fault(bytes: Buffer, fileBytes = bytes.length): string {
  try {
    parseGgufHeader(bytes, fileBytes);
  } catch (error) {
    if (error instanceof GgufFault) return `${error.kind}: ${error.message}`;
    throw error;
  }
  return 'no fault';
}

/** `small` with a number written over it. */
function patched(at: number, write: (bytes: Buffer, at: number) => void): Buffer {
  const bytes = Buffer.from(small);
  write(bytes, at);
  return bytes;
}

test('values and tensors are read; vocabularies are counted, short lists kept', () => {
  const header = parseGgufHeader(small, small.length);
  assert.deepEqual(
    [...header.values],
    [
      ['general.architecture', 'llama'],
      ['list', { items: 2 }],
      ['numbers', [1, -2]],
    ],
  );
  assert.deepEqual(header.tensors, [{ name: 'weights', dimensions: [4, 8], type: 0, offset: 0, bytes: 128 }]);
});

test('every fault says what was seen', () => {
  const huge = BigInt(2) ** BigInt(40);
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('PK\x03\x04 and so on, for long enough'), /^corrupt: is not a GGUF file/],
    [patched(4, (bytes, at) => bytes.writeUInt32LE(1, at)), /^unsupported: has GGUF version 1/],
    [patched(4, (bytes, at) => bytes.writeUInt32BE(3, at)), /^unsupported: is a big-endian GGUF/],
    [patched(8, (bytes, at) => bytes.writeBigUInt64LE(huge, at)), /^corrupt: claims 1099511627776 tensors/],
    [patched(8, (bytes, at) => bytes.writeBigUInt64LE(0n, at)), /^corrupt: holds no tensors/],
    [patched(16, (bytes, at) => bytes.writeBigUInt64LE(huge, at)), /^corrupt: claims 1099511627776 metadata keys/],
    [patched(24, (bytes, at) => bytes.writeBigUInt64LE(huge, at)), /^corrupt: holds a text of 1099511627776 bytes/],
    [patched(52, (bytes, at) => bytes.writeUInt32LE(99, at)), /^corrupt: uses the unknown value type 99/],
    [small.subarray(0, -1), /^corrupt: is cut off: it has \d+ bytes, but tensor "weights" ends at byte \d+/],
  ];
  for (const [bytes, expected] of cases) assert.match(fault(bytes), expected);
});

test('the shipped model cut anywhere is either incomplete or corrupt, never accepted', () => {
  const headerBytes = parseGgufHeader(whole, whole.length).headerBytes;
  for (let length = 0; length < headerBytes; length += 997) {
    assert.match(fault(whole.subarray(0, length)), /^corrupt: is cut off|^corrupt: is not a GGUF/);
    if (length > 24) assert.throws(() => parseGgufHeader(whole.subarray(0, length), whole.length), GgufHeaderEnds);
  }
  assert.match(fault(whole.subarray(0, -1)), /^corrupt: is cut off/);
});

test('random damage never escapes as anything but a fault', () => {
  const header = parseGgufHeader(whole, whole.length).headerBytes;
  const damage = fc.array(fc.tuple(fc.nat(header - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(damage, (changes) => {
      const bytes = Buffer.from(whole.subarray(0, header));
      for (const [at, value] of changes) bytes[at] = value;
      try {
        parseGgufHeader(bytes, whole.length);
      } catch (error) {
        assert.ok(error instanceof GgufFault || error instanceof GgufHeaderEnds, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
