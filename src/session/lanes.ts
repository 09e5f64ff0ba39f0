/**
 * Frames of a session that outlives its connections: numbered, kept until the other end has confirmed
 * them, sent again after a reconnect. Pure: the caller moves the frames and measures time.
 *
 * A session has two lanes each way. Control messages are small and go out at once; data (a whole
 * request, output of an answer) is cut into frames of bounded size and waits its turn, so that a
 * heartbeat or a cancel never stands behind megabytes. Within a lane order is kept.
 *
 *     c17 {"type":"report",...}      frame 17 of the control lane, a whole message
 *     d8+ {"type":"offer","requ      frame 8 of the data lane; the message goes on in the next one
 *     a 17 9                         17 control and 9 data frames have arrived here
 */

export type LaneName = 'c' | 'd';
/** JSON, or a piece of it, as text or as its UTF-8 bytes. */
export type JsonText = string | Uint8Array;

export interface OutgoingFrame {
  /** `d8+ `: goes before the payload. Empty where that is bytes, which begin with it. */
  readonly head: string;
  readonly payload: JsonText;
}

export interface LaneLimits {
  /** Largest payload of a frame, bytes. */
  readonly frameBytes: number;
  /** Data that may be on its way and not confirmed, bytes: what is beyond waits here, unsent. */
  readonly windowBytes: number;
  /** All that is kept, sent or not, bytes: more ends the session. */
  readonly heldBytes: number;
}

interface Kept extends OutgoingFrame {
  readonly number: number;
  readonly bytes: number;
}

/** What one end sends. */
export class OutgoingLanes {
  readonly #limits: LaneLimits;
  readonly #lanes = { c: new OutgoingLane('c'), d: new OutgoingLane('d') };

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** Adds a message. False: more is kept than may be; the session cannot go on. */
  push(lane: LaneName, pieces: readonly JsonText[]): boolean {
    this.#lanes[lane].push(pieces, this.#limits.frameBytes);
    return this.heldBytes <= this.#limits.heldBytes;
  }

  /** The next frame to put on the wire, control first; null when there is none or the window is full. */
  take(): OutgoingFrame | null {
    const { c, d } = this.#lanes;
    return c.take() ?? (d.unconfirmedBytes < this.#limits.windowBytes ? d.take() : null);
  }

  /** The other end has received so many frames of each lane. False: that cannot be. */
  confirm(received: Received): boolean {
    return this.#lanes.c.confirm(received.c) && this.#lanes.d.confirm(received.d);
  }

  /** On a new connection: what the other end has not received is taken once more. False: that cannot be. */
  rewind(received: Received): boolean {
    const isPossible = this.confirm(received);
    this.#lanes.c.rewind();
    this.#lanes.d.rewind();
    return isPossible;
  }

  /** Frames of the control lane so far, and how many of them have arrived. */
  get control(): { readonly added: number; readonly confirmed: number } {
    return this.#lanes.c;
  }

  /** Kept for the other end: not confirmed, or not sent. */
  get heldBytes(): number {
    return this.#lanes.c.heldBytes + this.#lanes.d.heldBytes;
  }
}

class OutgoingLane {
  readonly #name: LaneName;
  /** Unconfirmed, oldest first; the first `#taken` of them have been on the wire. */
  readonly #kept: Kept[] = [];
  #taken = 0;
  #number = 0;
  heldBytes = 0;
  unconfirmedBytes = 0;

  constructor(name: LaneName) {
    this.#name = name;
  }

  get added(): number {
    return this.#number;
  }

  get confirmed(): number {
    return this.#number - this.#kept.length;
  }

  push(pieces: readonly JsonText[], frameBytes: number): void {
    if (!isText(pieces)) return this.#pushBytes(pieces, frameBytes);
    const text = pieces.length === 1 ? pieces[0]! : pieces.join('');
    // None takes more than three bytes each UTF-16 unit: what fits anyway need not be measured.
    if (text.length <= Math.min(unmeasuredChars, frameBytes / 3)) return this.#keepText(text, text.length, false);
    const bench = benchFor(frameBytes).subarray(0, frameBytes);
    for (let from = 0; from < text.length; ) {
      // Only to see how much of it fits: slices of a text are no copies.
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), bench);
      const end = from + read;
      this.#keepText(text.slice(from, end), written, end < text.length);
      from = end;
    }
  }

  #keepText(payload: string, bytes: number, goesOn: boolean): void {
    this.#keep({ head: this.#nextHead(goesOn), payload }, bytes);
  }

  #pushBytes(pieces: readonly JsonText[], frameBytes: number): void {
    const bench = benchFor(frameBytes);
    let filled = 0;
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        const { read, written } = put(piece, from, bench.subarray(headRoom + filled, headRoom + frameBytes));
        from += read;
        filled += written;
        if (from === piece.length) break;
        this.#keepBytes(bench, filled, true);
        filled = 0;
      }
    }
    this.#keepBytes(bench, filled, false);
  }

  /** The frame that lies on the bench, copied from there with its head: what is kept is no longer than it has to be. */
  #keepBytes(bench: Uint8Array, bytes: number, goesOn: boolean): void {
    const head = this.#nextHead(goesOn);
    const begin = headRoom - head.length;
    encoder.encodeInto(head, bench.subarray(begin));
    this.#keep({ head: '', payload: bench.slice(begin, headRoom + bytes) }, bytes);
  }

  #nextHead(goesOn: boolean): string {
    return `${this.#name}${this.#number + 1}${goesOn ? '+' : ''} `;
  }

  #keep({ head, payload }: OutgoingFrame, bytes: number): void {
    this.#number += 1;
    this.#kept.push({ number: this.#number, head, payload, bytes });
    this.heldBytes += bytes;
  }

  take(): OutgoingFrame | null {
    const frame = this.#kept[this.#taken];
    if (frame === undefined) return null;
    this.#taken += 1;
    this.unconfirmedBytes += frame.bytes;
    return frame;
  }

  confirm(received: number): boolean {
    const first = this.#kept[0]?.number ?? this.#number + 1;
    const count = received - first + 1;
    if (count > this.#taken || received > this.#number) return false;
    for (const frame of this.#kept.splice(0, Math.max(0, count))) {
      this.heldBytes -= frame.bytes;
      this.unconfirmedBytes -= frame.bytes;
      this.#taken -= 1;
    }
    return true;
  }

  rewind(): void {
    this.#taken = 0;
    this.unconfirmedBytes = 0;
  }
}

/** How many frames of each lane have arrived. */
export interface Received {
  readonly c: number;
  readonly d: number;
}

export type Arrival =
  | { readonly kind: 'message'; readonly lane: LaneName; readonly text: string }
  /** The message goes on. */
  | { readonly kind: 'part' }
  /** It was here before. */
  | { readonly kind: 'repeated' }
  /** Confirmation of what this end has sent. */
  | { readonly kind: 'confirmed'; readonly received: Received }
  /** No frame of a session. */
  | { readonly kind: 'unnumbered'; readonly text: string }
  /** Something is missing, or makes no sense: the connection is of no use any more. */
  | { readonly kind: 'broken'; readonly why: string }
  /** A message that is never taken: another connection would not help. */
  | { readonly kind: 'unacceptable'; readonly why: string };

/** What one end receives. */
export class IncomingLanes {
  readonly #messageChars: number;
  readonly #received = { c: 0, d: 0 };
  readonly #parts: Record<LaneName, string[]> = { c: [], d: [] };
  readonly #partChars = { c: 0, d: 0 };
  #told: Received = { c: 0, d: 0 };
  #untoldChars = 0;

  /** `messageChars`: no message may be longer. */
  constructor(messageChars: number) {
    this.#messageChars = messageChars;
  }

  get received(): Received {
    return { ...this.#received };
  }

  /** Characters that have arrived since the last `confirmation`. */
  get unconfirmedChars(): number {
    return this.#untoldChars;
  }

  receive(frame: string): Arrival {
    const lane = frame[0];
    if (lane !== 'c' && lane !== 'd') return confirmedBy(frame) ?? { kind: 'unnumbered', text: frame };
    const digitsEnd = endOfDigits(frame, 1);
    const goesOn = frame[digitsEnd] === '+';
    const headEnd = digitsEnd + (goesOn ? 2 : 1);
    if (digitsEnd === 1 || digitsEnd > mostDigits + 1 || frame[headEnd - 1] !== ' ') {
      return { kind: 'unnumbered', text: frame };
    }
    const number = Number(frame.slice(1, digitsEnd));
    if (number <= this.#received[lane]) return { kind: 'repeated' };
    if (number !== this.#received[lane] + 1) {
      return { kind: 'broken', why: `frame ${lane}${number} came after ${lane}${this.#received[lane]}` };
    }
    this.#received[lane] = number;
    this.#untoldChars += frame.length;
    return this.#assemble(lane, frame.slice(headEnd), goesOn);
  }

  /** The frame that confirms what has arrived; null when nothing new has. */
  confirmation(): string | null {
    const { c, d } = this.#received;
    if (c === this.#told.c && d === this.#told.d) return null;
    this.#told = { c, d };
    this.#untoldChars = 0;
    return `a ${c} ${d}`;
  }

  #assemble(lane: LaneName, text: string, goesOn: boolean): Arrival {
    const parts = this.#parts[lane];
    // An empty part costs memory too.
    this.#partChars[lane] += Math.max(1, text.length);
    if (this.#partChars[lane] > this.#messageChars) {
      this.#parts[lane] = [];
      return { kind: 'unacceptable', why: 'a message is too long' };
    }
    if (parts.length === 0 && !goesOn) {
      this.#partChars[lane] = 0;
      return { kind: 'message', lane, text };
    }
    parts.push(text);
    if (goesOn) return { kind: 'part' };
    this.#parts[lane] = [];
    this.#partChars[lane] = 0;
    return { kind: 'message', lane, text: parts.join('') };
  }
}

/** Of the number of a frame: more than a session lives to count. */
const mostDigits = 15;

/** The first place from there on that is no digit, or lies behind one too many. */
function endOfDigits(frame: string, from: number): number {
  let at = from;
  while (at <= from + mostDigits && frame.charCodeAt(at) >= 48 && frame.charCodeAt(at) <= 57) at += 1;
  return at;
}

function confirmedBy(frame: string): Arrival | null {
  const [, c, d] = /^a (\d{1,15}) (\d{1,15})$/.exec(frame.slice(0, 40)) ?? [];
  return c === undefined || d === undefined ? null : { kind: 'confirmed', received: { c: Number(c), d: Number(d) } };
}

const encoder = new TextEncoder();
/** Shorter texts fit into any frame. */
const unmeasuredChars = 4 * 1024;
/** Longer than any head: `d`, 15 digits, `+`, a space. */
const headRoom = 24;

/** Where frames are put together, of all sessions: nothing stays there. */
let commonBench = new Uint8Array(0);

function benchFor(frameBytes: number): Uint8Array {
  if (commonBench.length < headRoom + frameBytes) commonBench = new Uint8Array(headRoom + frameBytes);
  return commonBench;
}

const isText = (pieces: readonly JsonText[]): pieces is readonly string[] =>
  pieces.every((piece) => typeof piece === 'string');

/** Writes a piece from a position on, as far as there is room, and never half a character. */
function put(piece: JsonText, from: number, room: Uint8Array): { readonly read: number; readonly written: number } {
  if (typeof piece === 'string') return encoder.encodeInto(from === 0 ? piece : piece.slice(from), room);
  const part = piece.subarray(from, characterEnd(piece, Math.min(piece.length, from + room.length)));
  room.set(part);
  return { read: part.length, written: part.length };
}

/** The last position up to `at` that is not inside a UTF-8 sequence. */
function characterEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && end > at - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
