/** Kinds and sizes by the first bytes, and what is wrong with a source, in the API's words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../contract/limits.ts';
import { onePixel } from './fixtures/one-pixel.ts';
import { pictureSize } from './picture-size.ts';
import { pictureTokens, readPicture } from './read-picture.ts';

const bytes = (...parts: (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...part].map((letter) => letter.charCodeAt(0)) : part)),
  );
const big32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
const little = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => (value >> (8 * at)) & 255);
const png = (width: number, height: number): Uint8Array =>
  bytes([0x89], 'PNG\r\n\x1a\n', big32(13), 'IHDR', big32(width), big32(height), [8, 2, 0, 0, 0]);
const base64 = (data: Uint8Array): string => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(''));

test('the size stands in the first bytes, of every kind the API takes', () => {
  const riff = (chunk: string, ...rest: number[][]) =>
    bytes('RIFF', little(100, 4), 'WEBP', chunk, little(80, 4), rest.flat());
  const heads = {
    png: png(640, 480),
    gif: bytes('GIF89a', little(640, 2), little(480, 2), [0]),
    'jpeg, behind a preview and a fill byte': bytes(
      [0xff, 0xd8, 0xff, 0xe1, 0, 6, 1, 2, 3, 4, 0xff, 0xff, 0xdb, 0, 4, 9, 9],
      [0xff, 0xc2, 0, 17, 8, 480 >> 8, 480 & 255, 640 >> 8, 640 & 255, 3],
    ),
    'webp, extended': riff('VP8X', [0, 0, 0, 0], little(639, 3), little(479, 3)),
    'webp, lossless': riff('VP8L', [0x2f], little(639 | (479 << 14), 4), [0, 0, 0, 0, 0]),
    'webp, lossy': riff('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a], little(640, 2), little(480, 2)),
  };
  for (const [kind, head] of Object.entries(heads)) {
    const size = pictureSize(head);
    assert.deepEqual([size?.mediaType, size?.width, size?.height], [`image/${kind.split(',')[0]}`, 640, 480], kind);
    // However it is cut: no size, or the right one.
    for (let length = 0; length < head.length; length++) {
      const cut = pictureSize(head.slice(0, length));
      assert.ok(cut === undefined || (cut.width === 640 && cut.height === 480), `${kind}, ${length} bytes`);
    }
  }
  for (const other of [bytes('BM6'), bytes('<svg>'), bytes([0xff, 0xd8, 0xff, 0xda, 0, 8]), png(0, 5), bytes()])
    assert.equal(pictureSize(other), undefined);
});

test('a picture is taken as it is', () => {
  const read = readPicture({ type: 'base64', media_type: 'image/png', data: onePixel });
  assert.deepEqual(read, { ok: true, picture: { mediaType: 'image/png', width: 1, height: 1, data: onePixel } });
});

test('a JPEG is looked into until its size is found, other kinds only at their beginning', () => {
  const frame = String.fromCharCode(0xff, 0xc0, 0, 17, 8, 1, 0, 2, 0, 3, 1, 1, 0, 0);
  const preview = `\u00ff\u00e2\u00ff\u00ff${'x'.repeat(65_533)}`;
  const jpeg = (segments: number): string => btoa(`\u00ff\u00d8${preview.repeat(segments)}${frame}`);
  for (const segments of [0, 1, 5]) {
    const read = readPicture({ type: 'base64', media_type: 'image/jpeg', data: jpeg(segments) });
    assert.ok(read.ok && read.picture.width === 512 && read.picture.height === 256, `${segments} segments`);
  }
  // Streams wait while a body of up to 1 MiB is read: 3 ms on a quiet machine, it took 250.
  const large = base64(png(640, 480)).slice(0, 36) + 'A'.repeat(900_000);
  const begun = performance.now();
  for (let time = 0; time < 10; time++)
    assert.ok(readPicture({ type: 'base64', media_type: 'image/png', data: large }).ok);
  assert.ok(performance.now() - begun < 1_000);
});

test('what is wrong is said in the words of the API', () => {
  const problem = (source: object, longestSide?: number) => {
    const read = readPicture({ type: 'base64', media_type: 'image/png', data: onePixel, ...source }, longestSide);
    return read.ok ? undefined : `${read.field}: ${read.problem}`;
  };
  assert.equal(problem({ type: 'hologram' }), ".type: Input should be 'base64', 'url' or 'file'");
  assert.match(
    problem({ media_type: 'image/bmp' }) ?? '',
    /^\.media_type: Input should be 'image\/jpeg', 'image\/png'/,
  );
  assert.equal(problem({ data: undefined }), '.data: Field required');
  assert.match(problem({ data: 'no base64!' }) ?? '', /^\.data: Could not process image/);
  assert.match(problem({ data: btoa('hello world!') }) ?? '', /^\.data: Could not process image/);
  assert.match(
    problem({ media_type: 'image/jpeg' }) ?? '',
    /^\.data: Image does not match the provided media type image\/jpeg: it is image\/png$/,
  );
  assert.equal(
    problem({ data: 'A'.repeat(8 * 1024 * 1024) }),
    `: image exceeds 5 MB maximum: ${6 * 1024 * 1024} bytes > 5242880 bytes`,
  );
  const wide = base64(png(limits.pictureSidePixels + 1, 10));
  assert.match(problem({ data: wide }) ?? '', /max allowed size: 8000 pixels$/);
  const middle = base64(png(10, 2_001));
  assert.equal(problem({ data: middle }), undefined);
  assert.match(
    problem({ data: middle }, limits.pictureSideOfManyPixels) ?? '',
    /for many-image requests: 2000 pixels$/,
  );
});

test('tokens grow with the area, within bounds', () => {
  assert.equal(pictureTokens({ width: 1_000, height: 750 }), 1_000);
  assert.equal(pictureTokens({ width: 1, height: 1 }), 64);
  assert.equal(pictureTokens({ width: 8_000, height: 8_000 }), 4_096);
});
