/** WebSocket frames (RFC 6455, section 5.2) in a stream of bytes: enough of them to count and to rewrite. */

const opcodes = { text: 0x1, mask: 0x0f } as const;
const isMasked = 0x80;
const lengthBits = 0x7f;

export interface Frame {
  /** Of a text frame, unmasked; null of any other, such as a ping. */
  readonly text: string | null;
  /** As it came, header included. */
  readonly bytes: Buffer;
}

/** Takes chunks as they come; returns the frames that are whole. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (let next = frameAtStart(this.#rest); next !== null; next = frameAtStart(this.#rest)) {
      frames.push(next);
      this.#rest = this.#rest.subarray(next.bytes.length);
    }
    return frames;
  }
}

function frameAtStart(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  const short = second & lengthBits;
  const lengthEnd = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < lengthEnd) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const begin = lengthEnd + (second & isMasked ? 4 : 0);
  const end = begin + length;
  if (bytes.length < end) return null;
  const isText = (first & opcodes.mask) === opcodes.text;
  const mask = second & isMasked ? bytes.subarray(lengthEnd, begin) : null;
  return { text: isText ? unmasked(bytes.subarray(begin, end), mask).toString() : null, bytes: bytes.subarray(0, end) };
}

const unmasked = (payload: Buffer, mask: Buffer | null): Buffer =>
  mask === null ? payload : Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)));

/** A whole text frame as a server sends it, unmasked. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(10);
  head[0] = 0x80 | opcodes.text;
  if (payload.length < 126) {
    head[1] = payload.length;
    return Buffer.concat([head.subarray(0, 2), payload]);
  }
  if (payload.length < 0x10000) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
    return Buffer.concat([head.subarray(0, 4), payload]);
  }
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}
