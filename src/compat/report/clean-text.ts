/** Text of a foreign server as it may stand on a terminal or in a file: no control characters, one line. */
export function cleanText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
}
