/**
 * The frames in which heartbeats, facts and their confirmations travel, read and written without more ado (RFC 6455, 5.2).
 * Thousands of machines say little else, and what a WebSocket library does for each costs more than all that is done about
 * them. Everything else is the library's: long frames, parts of messages, pings, good-byes, and whatever is wrong.
 *
 *     81 93 m m m m c17 {"type":"beat"}      one whole text of 0x13 bytes, masked, as clients send it
 *     81 fe 01 07 m m m m c18 {"type":...    one of 0x107
 *     81 06 a 17 9                           one of six, as a gateway answers
 */

/** First byte of a frame that is a whole text. */
const wholeText = 0x81;
/** In the second byte, beside the length. */
const isMasked = 0x80;
const maskBytes = 4;
/** In place of a length: two bytes or eight follow that tell it. */
const lengthInTwo = 126;
const lengthInEight = 127;
/** Of a head without its mask, bytes. */
const headBytes = 2;
/** What is read here is no longer, bytes: the library takes more of them at a time. */
const mostBytes = 4_096;

const bench = Buffer.alloc(mostBytes);

/** The text of a chunk that is one whole frame of a client, of ASCII alone; null: it is something else. Leaves the chunk as it is. */
export function readPlainFrame(chunk: Buffer): string | null {
  if (chunk.length < headBytes || chunk[0] !== wholeText) return null;
  const told = chunk[1]! ^ isMasked;
  const maskAt = told === lengthInTwo ? headBytes + 2 : headBytes;
  const first = maskAt + maskBytes;
  const length = chunk.length - first;
  if (length < 1 || length > mostBytes) return null;
  if (told !== (length < lengthInTwo ? length : lengthInTwo)) return null;
  if (told === lengthInTwo && chunk.readUInt16BE(headBytes) !== length) return null;
  let seen = 0;
  for (let at = 0; at < length; at += 1) {
    // The length was looked at: no byte is missing.
    const byte = chunk[first + at]! ^ chunk[maskAt + (at & 3)]!;
    bench[at] = byte;
    seen |= byte;
  }
  return seen < 0x80 ? bench.toString('latin1', 0, length) : null;
}

/** A whole frame of a gateway, each character a byte; null: the text is too long for it, or has other characters than ASCII. */
export function plainFrame(text: string): string | null {
  if (text.length >= lengthInTwo) return null;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= 0x80) return null;
  return `\x81${String.fromCharCode(text.length)}${text}`;
}

/** In the first byte: nothing of this message follows. */
const isLast = 0x80;
/** Kinds of frames from here on are no part of a message. */
const goodBye = 0x8;

/** Follows the frames in the bytes of a connection, to know where a message may begin. */
export class FrameStarts {
  /** Bytes of the payload and the mask that are still to come. */
  #left = 0;
  /** Of the head that is being read: its bytes so far and as far as is known, and what they say. */
  #headBytes = 0;
  #headNeeded = headBytes;
  #first = 0;
  #mask = 0;
  #length = 0;
  #isInMessage = false;
  #isGoodBye = false;

  /** The next byte is the first one of a message, if it is not of a frame between them. */
  get isAtMessage(): boolean {
    return this.#left === 0 && this.#headBytes === 0 && !this.#isInMessage && !this.#isGoodBye;
  }

  /** A good-bye has come, all of it: whatever follows means nothing. */
  get isOver(): boolean {
    return this.#isGoodBye && this.#left === 0;
  }

  /** These bytes have come. */
  pass(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.isOver; ) {
      const skipped = Math.min(this.#left, chunk.length - at);
      this.#left -= skipped;
      at += skipped;
      if (at === chunk.length) return;
      this.#readHead(chunk[at]!);
      at += 1;
    }
  }

  #readHead(byte: number): void {
    this.#headBytes += 1;
    if (this.#headBytes === 1) this.#first = byte;
    else if (this.#headBytes === headBytes) {
      const length = byte & 0x7f;
      this.#mask = byte & isMasked ? maskBytes : 0;
      this.#headNeeded = headBytes + (length === lengthInEight ? 8 : length === lengthInTwo ? 2 : 0);
      this.#length = length >= lengthInTwo ? 0 : length;
    } else this.#length = this.#length * 256 + byte;
    if (this.#headBytes < this.#headNeeded) return;
    this.#left = this.#mask + this.#length;
    this.#headBytes = 0;
    this.#headNeeded = headBytes;
    const kind = this.#first & 0xf;
    if (kind === goodBye) this.#isGoodBye = true;
    else if (kind < goodBye) this.#isInMessage = this.#first < isLast;
  }
}
