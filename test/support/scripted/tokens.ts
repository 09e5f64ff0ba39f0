/**
 * The scripted engine's tokens: reversible, cheap and stable under growth, so that prefix reuse
 * can be checked to the token without a vocabulary.
 *
 * An id *is* its text: up to four ASCII characters (7 bits each, the count in the top bits), or
 * one other character (its code point). A token never crosses a line end or a control text, so
 * text that starts on a new line tokenizes the same whatever stands before it.
 */
import type { PromptSegment } from '../../../src/contract/engine/raw.ts';

/** Texts with a token of their own, in the order of their ids. */
export const controlTexts = [
  '<|im_start|>',
  '<|im_end|>',
  '<think>',
  '</think>',
  '<tools>',
  '</tools>',
  '<tool_call>',
  '</tool_call>',
  '<tool_response>',
  '</tool_response>',
] as const;

const controlPattern = new RegExp(`(${controlTexts.map((text) => text.replaceAll('|', '\\|')).join('|')})`);
const asciiPerToken = 4;
/** Ids: 1..4 in bits 28 to 30 = that many ASCII characters; 5 = a code point; 6 = a control text. */
const tag = (kind: number): number => kind * 2 ** 28;

function pushText(ids: number[], text: string): void {
  let packed = 0;
  let count = 0;
  const flush = () => {
    if (count > 0) ids.push(tag(count) + packed);
    packed = 0;
    count = 0;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) {
      packed = packed * 128 + code;
      count += 1;
      if (count === asciiPerToken || code === 0x0a) flush();
    } else {
      flush();
      const point = text.codePointAt(at) ?? code;
      ids.push(tag(5) + point);
      if (point > 0xffff) at += 1;
    }
  }
  flush();
}

/** Token ids of a rendered prompt. Only segments marked special may hold control tokens. */
export function encode(segments: readonly PromptSegment[]): Uint32Array {
  const ids: number[] = [];
  // Plain text is gathered across segments: where a template cuts must not change the tokens.
  let plain = '';
  const flush = () => {
    pushText(ids, plain);
    plain = '';
  };
  for (const segment of segments) {
    if (!segment.special) {
      plain += segment.text;
      continue;
    }
    for (const part of segment.text.split(controlPattern)) {
      const control = (controlTexts as readonly string[]).indexOf(part);
      if (control === -1) {
        plain += part;
      } else {
        flush();
        ids.push(tag(6) + control);
      }
    }
  }
  flush();
  return Uint32Array.from(ids);
}

/** The text of one token. */
export function decodeToken(id: number): string {
  const kind = Math.floor(id / 2 ** 28);
  const value = id % 2 ** 28;
  if (kind === 6) return controlTexts[value] ?? '';
  if (kind === 5) return String.fromCodePoint(value);
  let text = '';
  for (let at = kind - 1; at >= 0; at--) text += String.fromCharCode(Math.floor(value / 128 ** at) % 128);
  return text;
}

export function decode(ids: Iterable<number>): string {
  let text = '';
  for (const id of ids) text += decodeToken(id);
  return text;
}

/** How many ids two sequences share from the start. */
export function commonPrefix(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const limit = Math.min(a.length, b.length);
  let at = 0;
  while (at < limit && a[at] === b[at]) at++;
  return at;
}
