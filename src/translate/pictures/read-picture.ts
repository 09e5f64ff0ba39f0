/** The source of an image block as a picture, or what is wrong with it, in the API's own words where it has some. */
import type { Picture } from '../../contract/generation/request.ts';
import { limits } from '../../contract/limits.ts';
import { type PictureSize, pictureSize } from './picture-size.ts';

export type PictureRead =
  | { readonly ok: true; readonly picture: Omit<Picture, 'at'> }
  /** `field`: below the source. */
  | { readonly ok: false; readonly field: string; readonly problem: string; readonly errorCode?: string };

const mediaTypes: readonly Picture['mediaType'][] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const isMediaType = (text: unknown): text is Picture['mediaType'] => mediaTypes.some((each) => each === text);

/**
 * Looked into for the size, base64 characters: most kinds have it at once, a JPEG behind its tables or behind a preview
 * of the camera's. Streams wait while this is decoded, so no more of it than must be.
 */
const headChars = [128, 16 * 1024, 1024 * 1024];

/** `longestSide`, pixels: less where a request has many pictures. */
export function readPicture(source: object, longestSide: number = limits.pictureSidePixels): PictureRead {
  const { type, media_type, data } = source as Readonly<Record<string, unknown>>; // an open shape
  if (type !== 'base64') return { ok: false, field: '.type', problem: "Input should be 'base64', 'url' or 'file'" };
  if (!isMediaType(media_type)) {
    const expected = "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'";
    return { ok: false, field: '.media_type', problem: expected };
  }
  if (typeof data !== 'string') {
    return {
      ok: false,
      field: '.data',
      problem: data === undefined ? 'Field required' : 'Input should be a valid string',
    };
  }
  const bytes = Math.floor((data.length * 3) / 4) - (data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0);
  if (bytes > limits.pictureBytes) {
    const most = `${limits.pictureBytes / 1024 ** 2} MB maximum: ${bytes} bytes > ${limits.pictureBytes} bytes`;
    return { ok: false, field: '', problem: `image exceeds ${most}` };
  }
  if (!isBase64(data))
    return {
      ok: false,
      field: '.data',
      problem: 'Could not process image: it is not base64 alone (no line breaks, no `data:` before it)',
    };
  const size = sizeOf(data);
  if (size === undefined)
    return { ok: false, field: '.data', problem: 'Could not process image: it is damaged, or of another kind' };
  if (size.mediaType !== media_type) {
    const problem = `Image does not match the provided media type ${media_type}: it is ${size.mediaType}`;
    return { ok: false, field: '.data', problem };
  }
  if (Math.max(size.width, size.height) > longestSide) {
    const which = longestSide === limits.pictureSidePixels ? '' : ' for many-image requests';
    const problem = `At least one of the image dimensions exceed max allowed size${which}: ${longestSide} pixels`;
    return { ok: false, field: '.data', problem, errorCode: 'image_dimensions_too_large' };
  }
  return { ok: true, picture: { ...size, data } };
}

function isBase64(data: string): boolean {
  if (data === '' || data.length % 4 !== 0) return false;
  const end = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return !/[^A-Za-z0-9+/]/.test(end === 0 ? data : data.slice(0, -end));
}

function sizeOf(data: string): PictureSize | undefined {
  for (const chars of headChars) {
    const letters = atob(data.slice(0, chars));
    const head = new Uint8Array(letters.length);
    for (let at = 0; at < head.length; at++) head[at] = letters.charCodeAt(at);
    const size = pictureSize(head);
    if (size !== undefined || chars >= data.length || !data.startsWith(jpegStart)) return size;
  }
  return undefined;
}

/** Base64 of the first three bytes of every JPEG. */
const jpegStart = '/9j/';

/** What a picture of this size costs a model, tokens: Anthropic's rule of thumb. Each model has its own; this is a guess. */
export const pictureTokens = ({ width, height }: Pick<Picture, 'width' | 'height'>): number =>
  Math.min(4_096, Math.max(64, Math.ceil((width * height) / 750)));
