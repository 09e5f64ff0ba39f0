/**
 * Bytes of a tool to text. Windows tools print UTF-16LE, with and without a byte order mark
 * (`wsl.exe --list`, `wmic`, a redirection of PowerShell); editors save it as UTF-16BE with its mark.
 * Everything else is read as UTF-8.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return utf16(bytes.subarray(2));
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes.subarray(2));
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return utf8(bytes.subarray(3));
  return looksLikeUtf16(bytes) ? utf16(bytes) : utf8(bytes);
}

/** Latin letters in UTF-16LE have a zero in every second byte, which no text in UTF-8 has. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 512);
  if (sample.length < 4) return false;
  let zeros = 0;
  for (let at = 1; at < sample.length; at += 2) if (sample[at] === 0 && sample[at - 1] !== 0) zeros += 1;
  return zeros > sample.length / 4;
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8').decode(bytes);
const utf16 = (bytes: Uint8Array): string => new TextDecoder('utf-16le').decode(bytes);
