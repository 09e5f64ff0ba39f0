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
 *     d9-                            frame 9: the message that frame 8 began does not go on; nobody wants it any more
 *     a 17 9                         17 control and 9 data frames have arrived here
 *
 * A frame gets its number when it is sent first: until then its message can be withdrawn without leaving a gap.
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

/** What follows the number of a frame: the message goes on, ends, or is given up. */
type Tail = '+' | '' | '-';

interface Kept {
  /** Bytes have `headRoom` before them, for the head. */
  readonly payload: JsonText;
  /** Of the payload, without that. */
  readonly bytes: number;
  readonly tail: Tail;
  /** The first of its message. */
  readonly isFirst: boolean;
  /** By which its message may be withdrawn. */
  readonly key: string | undefined;
}

/** What one end sends. */
export class OutgoingLanes {
  readonly #limits: LaneLimits;
  readonly #lanes = { c: new OutgoingLane('c'), d: new OutgoingLane('d') };

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** Adds a message, which can be withdrawn by its key. False: more is kept than may be; the session cannot go on. */
  push(lane: LaneName, pieces: readonly JsonText[], key?: string): boolean {
    this.#lanes[lane].push(pieces, this.#limits.frameBytes, key);
    return this.heldBytes <= this.#limits.heldBytes;
  }

  /**
   * Takes back what was never sent of the data with this key. When some of it was, the other end is told that no more comes, if it
   * understands that (`canGiveUp`); otherwise the rest is sent.
   */
  withdraw(key: string, canGiveUp: boolean): void {
    this.#lanes.d.withdraw(key, canGiveUp);
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
  /** Unconfirmed, oldest first; the first `#taken` of them are on the wire, the first `#numbered` have been. */
  readonly #kept: Kept[] = [];
  #taken = 0;
  #numbered = 0;
  confirmed = 0;
  heldBytes = 0;
  unconfirmedBytes = 0;

  constructor(name: LaneName) {
    this.#name = name;
  }

  /** As long as nothing is withdrawn: the number of the frame that was added last. */
  get added(): number {
    return this.confirmed + this.#kept.length;
  }

  push(pieces: readonly JsonText[], frameBytes: number, key: string | undefined): void {
    if (!isText(pieces)) return this.#pushBytes(pieces, frameBytes, key);
    const text = pieces.length === 1 ? pieces[0]! : pieces.join('');
    // None takes more than three bytes each UTF-16 unit: what fits anyway need not be measured.
    if (text.length <= Math.min(unmeasuredChars, frameBytes / 3)) {
      return this.#keep({ payload: text, bytes: text.length, tail: '', isFirst: true, key });
    }
    const bench = benchFor(frameBytes).subarray(0, frameBytes);
    for (let from = 0; from < text.length; ) {
      // Only to see how much of it fits: slices of a text are no copies.
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), bench);
      const end = from + read;
      const tail = end < text.length ? '+' : '';
      this.#keep({ payload: text.slice(from, end), bytes: written, tail, isFirst: from === 0, key });
      from = end;
    }
  }

  #pushBytes(pieces: readonly JsonText[], frameBytes: number, key: string | undefined): void {
    const bench = benchFor(frameBytes);
    let filled = 0;
    let isFirst = true;
    // What lies on the bench is copied: what is kept is no longer than it has to be.
    const keep = (tail: Tail): void => {
      this.#keep({ payload: bench.slice(0, headRoom + filled), bytes: filled, tail, isFirst, key });
      isFirst = false;
      filled = 0;
    };
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        const { read, written } = put(piece, from, bench.subarray(headRoom + filled, headRoom + frameBytes));
        from += read;
        filled += written;
        if (from < piece.length) keep('+');
      }
    }
    keep('');
  }

  #keep(frame: Kept): void {
    this.#kept.push(frame);
    this.heldBytes += frame.bytes;
  }

  withdraw(key: string, canGiveUp: boolean): void {
    const from = this.#kept.findIndex((frame, index) => index >= this.#numbered && frame.key === key);
    const first = this.#kept[from];
    if (first === undefined || !(first.isFirst || canGiveUp)) return;
    let to = from;
    for (; this.#kept[to]?.key === key; to += 1) this.heldBytes -= this.#kept[to]!.bytes;
    const end: Kept[] = first.isFirst ? [] : [{ payload: '', bytes: 0, tail: '-', isFirst: false, key: undefined }];
    this.#kept.splice(from, to - from, ...end);
  }

  take(): OutgoingFrame | null {
    const frame = this.#kept[this.#taken];
    if (frame === undefined) return null;
    this.#taken += 1;
    this.#numbered = Math.max(this.#numbered, this.#taken);
    this.unconfirmedBytes += frame.bytes;
    const { payload, tail } = frame;
    const head = `${this.#name}${this.confirmed + this.#taken}${tail} `;
    if (typeof payload === 'string') return { head, payload };
    const begin = headRoom - head.length;
    encoder.encodeInto(head, payload.subarray(begin));
    return { head: '', payload: payload.subarray(begin) };
  }

  confirm(received: number): boolean {
    const count = received - this.confirmed;
    if (count > this.#taken) return false;
    for (const frame of this.#kept.splice(0, Math.max(0, count))) {
      this.heldBytes -= frame.bytes;
      this.unconfirmedBytes -= frame.bytes;
      this.#taken -= 1;
      this.#numbered -= 1;
      this.confirmed += 1;
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
  readonly #told = { c: 0, d: 0 };
  #untoldChars = 0;
  /** Of messages that go on; undefined while none does. */
  readonly #parts: Record<LaneName, Parts | undefined> = { c: undefined, d: undefined };

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
    const tail = frame[digitsEnd];
    const headEnd = digitsEnd + (tail === '+' || tail === '-' ? 2 : 1);
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
    if (tail === '-') return this.#forget(lane);
    return this.#assemble(lane, frame.slice(headEnd), tail === '+');
  }

  /** The frame that confirms what has arrived; null when nothing new has. */
  confirmation(): string | null {
    const { c, d } = this.#received;
    if (c === this.#told.c && d === this.#told.d) return null;
    this.#told.c = c;
    this.#told.d = d;
    this.#untoldChars = 0;
    return `a ${c} ${d}`;
  }

  #forget(lane: LaneName): Arrival {
    this.#parts[lane] = undefined;
    return { kind: 'part' };
  }

  #assemble(lane: LaneName, text: string, goesOn: boolean): Arrival {
    const before = this.#parts[lane];
    // An empty part costs memory too.
    const chars = (before?.chars ?? 0) + Math.max(1, text.length);
    if (chars > this.#messageChars) return { kind: 'unacceptable', why: 'a message is too long' };
    if (before === undefined && !goesOn) return { kind: 'message', lane, text };
    const parts = before ?? { texts: [], chars: 0 };
    parts.texts.push(text);
    parts.chars = chars;
    this.#parts[lane] = goesOn ? parts : undefined;
    return goesOn ? { kind: 'part' } : { kind: 'message', lane, text: parts.texts.join('') };
  }
}

/** What has arrived of a message. */
interface Parts {
  readonly texts: string[];
  chars: number;
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
