import type { JsonText } from './lanes.ts';

/**
 * One connection between an agent and a gateway, whatever carries it: frames of text, in order, until
 * it breaks. What must survive a break is the business of `session-link.ts`.
 */
export interface Pipe {
  /** Sends one frame. Does nothing once the pipe is closed. */
  send(head: string, payload: JsonText): void;
  /** Handed over and not yet taken by the system, bytes. */
  readonly bufferedBytes: number;
  /** `reason` is for the other end's log. */
  close(reason: string): void;
  /** Frames are to be expected each so often, ms: it is no silence until then. Where a pipe does not care it has none. */
  expectEach?(everyMs: number): void;
  /** Who hears what arrives; replaces the one before. */
  hear(hearer: PipeHearer): void;
}

export interface PipeHearer {
  onFrame(text: string): void;
  /** Some of what was buffered is on its way. */
  onWritable(): void;
  /** Exactly once, also when the connection never worked. */
  onClosed(why: string): void;
}
