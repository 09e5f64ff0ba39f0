/**
 * From token ids to text, byte for byte.
 *
 * llama.cpp's own detokenizer tidies spaces before punctuation (" . !" comes back as ".!", seen with
 * the shipped model), which would change code and break the round trip to token ids. So tokens are
 * turned into bytes here, from the vocabulary's own entries.
 */

/** How a vocabulary writes its entries: GPT-2's byte alphabet, or plain text with `▁` for a space. */
export type VocabularySpelling = 'byte-alphabet' | 'sentencepiece';

/** `tokenizer.ggml.token_type` in a GGUF. */
export const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** GPT-2 writes every byte as one printable character; this is the way back. */
const byteOfCharacter = (() => {
  const table = new Map<number, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table.set(printable ? byte : next++, byte);
  }
  return table;
})();

/** The bytes one vocabulary entry stands for. */
export function tokenBytes(entry: string, type: number, spelling: VocabularySpelling): Uint8Array {
  if (type === tokenTypes.control || type === tokenTypes.userDefined || type === tokenTypes.unknown)
    return Buffer.from(entry);
  if (spelling === 'byte-alphabet') {
    const bytes: number[] = [];
    for (const character of entry) {
      const byte = byteOfCharacter.get(character.codePointAt(0)!);
      if (byte === undefined) return Buffer.from(entry); // not written in the alphabet: taken as it stands
      bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }
  const hex = type === tokenTypes.byte ? /^<0x([0-9A-Fa-f]{2})>$/.exec(entry) : null;
  return hex ? Uint8Array.of(Number.parseInt(hex[1]!, 16)) : Buffer.from(entry.replaceAll('▁', ' '));
}

/** How many bytes at the end of `bytes` begin a UTF-8 character that is not finished yet (0 to 3). */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue; // a continuation byte: its lead is further back
    const wanted = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 ? (byte < 0xf0 ? 3 : 1) : byte >= 0xc2 ? 2 : 1;
    return wanted > back ? back : 0;
  }
  return 0;
}

/** Holds tokens back until their bytes end a character. */
export class WholeCharacters {
  #bytes: Uint8Array = new Uint8Array(0);
  #tokens: number[] = [];

  /** The held tokens and this one as a piece of text, or null while a character is unfinished. */
  push(token: number, bytes: Uint8Array): { text: string; tokens: number[] } | null {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    this.#tokens.push(token);
    if (unfinishedBytes(this.#bytes) > 0) return null;
    const piece = { text: Buffer.from(this.#bytes).toString('utf8'), tokens: this.#tokens };
    this.#bytes = new Uint8Array(0);
    this.#tokens = [];
    return piece;
  }
}
