/**
 * The machine of the minimal gateway: says what an agent says, an acceptance and then a text cut into
 * pieces, one message a piece, at the pace it is told.
 *
 * Usage: minimal-machine.ts URL; takes `MachinePlan` messages over IPC.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import type { AgentMessage } from '../../src/contract/link/messages.ts';

export interface MachinePlan {
  readonly text: string;
  /** Of equal length. Need not be whole: the mean over all answers. */
  readonly pieces: number;
  /** Left out: as fast as the socket takes them. */
  readonly piecesPerSecond?: number;
}

let plan: MachinePlan = { text: '', pieces: 1 };
let answers = 0;
const socket = new WebSocket(process.argv[2] ?? '', { perMessageDeflate: false });
const send = (message: AgentMessage): void => socket.send(JSON.stringify(message));

socket.on('message', async (data) => {
  const { requestId, attempt } = JSON.parse(data.toString());
  send({ type: 'accept', requestId, attempt, promptTokens: 1, window: 200_000, maxTokens: 4_000 });
  const { piecesPerSecond } = plan;
  const pieces = cut(plan.text, nextCount());
  const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: pieces.length, thinkingTokens: 0 };
  for (const [index, text] of pieces.entries()) {
    const events: GenerationEvent[] = [{ type: 'block-delta', text }];
    if (index === 0) {
      const start = { type: 'generation-start', promptTokens: 1, cachedTokens: 0 } as const;
      events.unshift(start, { type: 'block-start', block: { kind: 'text' } });
    }
    if (index === pieces.length - 1) {
      events.push({ type: 'block-end' }, { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage });
    }
    if (piecesPerSecond === undefined) await setImmediate();
    else await setTimeout(1000 / piecesPerSecond);
    send({ type: 'output', requestId, attempt, events });
  }
});

/** Pieces of the next answer: as many as keep the mean. */
function nextCount(): number {
  answers += 1;
  return Math.max(1, Math.floor(answers * plan.pieces) - Math.floor((answers - 1) * plan.pieces));
}

/** The text in `count` pieces of equal length. */
function cut(text: string, count: number): string[] {
  const length = Math.ceil(text.length / count);
  return Array.from({ length: Math.ceil(text.length / length) }, (_, at) => text.slice(at * length, (at + 1) * length));
}

process.on('message', (message: MachinePlan) => {
  plan = message;
  answers = 0;
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));
