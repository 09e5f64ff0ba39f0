/**
 * Kind and size of a picture by its first bytes: PNG (W3C PNG, IHDR), GIF89a, WebP (RFC 9649) and JPEG (ITU-T T.81,
 * start of frame). Undefined for anything else, and for a head that is cut off or makes no sense.
 */
import type { Picture } from '../../contract/generation/request.ts';

export interface PictureSize {
  readonly mediaType: Picture['mediaType'];
  readonly width: number;
  readonly height: number;
}

export function pictureSize(head: Uint8Array): PictureSize | undefined {
  const found = png(head) ?? gif(head) ?? webp(head) ?? jpeg(head);
  return found !== undefined && found.width > 0 && found.height > 0 ? found : undefined;
}

const letters = (head: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...head.subarray(at, at + length));
const little16 = (head: Uint8Array, at: number): number => head[at]! | (head[at + 1]! << 8);
const little24 = (head: Uint8Array, at: number): number => little16(head, at) | (head[at + 2]! << 16);
const big16 = (head: Uint8Array, at: number): number => (head[at]! << 8) | head[at + 1]!;
const big32 = (head: Uint8Array, at: number): number => big16(head, at) * 65_536 + big16(head, at + 2);

function png(head: Uint8Array): PictureSize | undefined {
  if (head.length < 24 || letters(head, 1, 3) !== 'PNG' || head[0] !== 0x89 || letters(head, 12, 4) !== 'IHDR')
    return undefined;
  return { mediaType: 'image/png', width: big32(head, 16), height: big32(head, 20) };
}

function gif(head: Uint8Array): PictureSize | undefined {
  if (head.length < 10 || !/^GIF8[79]a$/.test(letters(head, 0, 6))) return undefined;
  return { mediaType: 'image/gif', width: little16(head, 6), height: little16(head, 8) };
}

function webp(head: Uint8Array): PictureSize | undefined {
  if (head.length < 30 || letters(head, 0, 4) !== 'RIFF' || letters(head, 8, 4) !== 'WEBP') return undefined;
  const size = webpSizes[letters(head, 12, 4)]?.(head);
  return size === undefined ? undefined : { mediaType: 'image/webp', ...size };
}

/** By the first chunk: extended, lossless, lossy. */
const webpSizes: Readonly<Record<string, (head: Uint8Array) => { width: number; height: number } | undefined>> = {
  VP8X: (head) => ({ width: little24(head, 24) + 1, height: little24(head, 27) + 1 }),
  VP8L: (head) => ({
    width: (little16(head, 21) & 0x3fff) + 1,
    height: ((little24(head, 22) >> 6) & 0x3fff) + 1,
  }),
  'VP8 ': (head) => ({ width: little16(head, 26) & 0x3fff, height: little16(head, 28) & 0x3fff }),
};

/** Segments follow each other with their lengths; the size stands in the start of frame. */
function jpeg(head: Uint8Array): PictureSize | undefined {
  if (head[0] !== 0xff || head[1] !== 0xd8) return undefined;
  let at = 2;
  while (at + 9 <= head.length) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1]!;
    // Fill bytes, and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { mediaType: 'image/jpeg', width: big16(head, at + 7), height: big16(head, at + 5) };
    else if (marker === 0xd9 || marker === 0xda) return undefined;
    else {
      const length = big16(head, at + 2);
      if (length < 2) return undefined;
      at += 2 + length;
    }
  }
  return undefined;
}
