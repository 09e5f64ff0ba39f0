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
  readonly pieces: readonly string[];
  /** Left out: as fast as the socket takes them. */
  readonly piecesPerSecond?: number;
}

let plan: MachinePlan = { pieces: [] };
const socket = new WebSocket(process.argv[2] ?? '', { perMessageDeflate: false });
const send = (message: AgentMessage): void => socket.send(JSON.stringify(message));

socket.on('message', async (data) => {
  const { requestId, attempt } = JSON.parse(data.toString());
  send({ type: 'accept', requestId, attempt, promptTokens: 1, window: 200_000, maxTokens: 4_000 });
  const { pieces, piecesPerSecond } = plan;
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
process.on('message', (message: MachinePlan) => {
  plan = message;
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));
