/**
 * Gathers the output of a ticket into link frames. Text that comes fast is sent once in each slot of
 * 10 ms: eight streams of 300 tokens a second are a tenth of the frames, and nobody reads that fast.
 * Text that comes slower than that, and whatever begins or ends something, waits only for the end of
 * this turn of the event loop, so the first token is never delayed. The counts of a prompt that has been
 * read go with the first token, which is about to come, and without it after a slot.
 *
 *     slots      |         |         |         |
 *     tokens     a   b c      d e f              g
 *     frames     a         bc        def         g
 *
 * Without credit nothing is sent: text is gathered until the client has read on, or until so much
 * waits that the engine is to wait too. The end of an answer waits for nobody: what is left is bounded,
 * and the slot is free.
 */
import type { BlockDelta, GenerationEvent } from '../contract/generation/events.ts';
import { limits } from '../contract/limits.ts';
import { amountOf, type OutputAmount, OutputCredit } from '../session/credit.ts';
import type { Time } from '../transport/time.ts';

export interface OutputBatch {
  add(events: readonly GenerationEvent[]): void;
  /** The answer is over: sends what is gathered, now, credit or not. */
  end(): void;
  /** So much has been taken, in all. */
  grant(taken: OutputAmount): void;
  /** So much waits that nothing should be added before `whenSent`. */
  readonly isFull: boolean;
  /** Resolves when nothing waits any more, or the signal is aborted. */
  whenSent(signal: AbortSignal): Promise<void>;
}

export interface OutputBatchOptions {
  send(events: GenerationEvent[]): void;
  readonly time: Time;
  /** From the offer; undefined: as much may be sent as there is. */
  readonly credit?: OutputAmount | undefined;
  /** What may wait for credit before the engine is to wait, UTF-16 units; the usual amount when absent. */
  readonly gatherChars?: number | undefined;
}

/** All tickets have the same slots, so that a gateway is woken once for those that wait. */
const slotMs = 10;

export function createOutputBatch(options: OutputBatchOptions): OutputBatch {
  const { time, gatherChars = limits.streamGatherChars } = options;
  const credit = new OutputCredit(options.credit);
  const waiting = new Set<() => void>();
  let gathered: GenerationEvent[] = [];
  let usedSlot = Number.NEGATIVE_INFINITY;
  /** Call off what is sent at the end of this turn, and at that of this slot. */
  let soon: (() => void) | undefined;
  let later: (() => void) | undefined;

  const send = (): void => {
    soon?.();
    later?.();
    soon = undefined;
    later = undefined;
    if (gathered.length === 0) return;
    usedSlot = slotOf(time.nowMs());
    const events = gathered;
    gathered = [];
    credit.spend(events);
    options.send(events);
    for (const sent of waiting) sent();
  };

  const sendWithCredit = (): void => {
    if (credit.isLeft) send();
  };

  return {
    add(events) {
      for (const event of events) gather(gathered, event);
      if (gathered.length === 0 || soon !== undefined || !credit.isLeft) return;
      const now = time.nowMs();
      const mayWait = gathered.every(({ type }) => type === 'block-delta' || type === 'progress');
      if (mayWait && slotOf(now) === usedSlot) later ??= time.after((usedSlot + 1) * slotMs - now, sendWithCredit);
      else if (gathered.at(-1)?.type === 'generation-start') later ??= time.after(slotMs, sendWithCredit);
      else soon = time.soon(sendWithCredit);
    },
    end: send,
    grant(taken) {
      const waited = !credit.isLeft;
      credit.grant(taken);
      if (waited) sendWithCredit();
    },
    get isFull() {
      return !credit.isLeft && amountOf(gathered).chars >= gatherChars;
    },
    whenSent(signal) {
      if (gathered.length === 0 || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    },
  };
}

const slotOf = (ms: number): number => Math.floor(ms / slotMs);

/** Not where ids are known of one alone, nor where some of those before do not count any more. */
const mayJoin = (last: BlockDelta, next: BlockDelta): boolean =>
  (last.tokens === undefined) === (next.tokens === undefined) && next.keptTokens === undefined;

/** Text joins the text before it, and ids those before them; progress takes the place of progress. */
function gather(gathered: GenerationEvent[], event: GenerationEvent): void {
  const last = gathered.at(-1);
  if (event.type === 'block-delta' && last?.type === 'block-delta' && mayJoin(last, event)) {
    // Ours, see below: thousands of them may be joined while a client does not read.
    last.text += event.text;
    last.tokens?.push(...(event.tokens ?? []));
  } else if (event.type === 'progress' && last?.type === 'progress') {
    gathered[gathered.length - 1] = event;
  } else if (event.type === 'block-delta') {
    gathered.push({ ...event, ...(event.tokens === undefined ? {} : { tokens: [...event.tokens] }) });
  } else {
    gathered.push(event);
  }
}
