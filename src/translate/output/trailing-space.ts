/**
 * Where the whitespace at the end of a text begins. A loop, because `/\s+$/` tries again from every
 * space of a long run: quadratic, and models do ramble in line breaks.
 */
export function trailingSpaceStart(text: string): number {
  let at = text.length;
  while (at > 0 && isSpace(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
