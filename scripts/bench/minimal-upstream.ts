/**
 * The far side of the minimal gateway: answers each request with a text cut into pieces, one frame
 * a piece, at the pace it is told.
 *
 * Usage: minimal-upstream.ts URL; takes `UpstreamPlan` messages over IPC.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface UpstreamPlan {
  readonly pieces: readonly string[];
  /** Left out: as fast as the socket takes them. */
  readonly piecesPerSecond?: number;
}

let plan: UpstreamPlan = { pieces: [] };
const socket = new WebSocket(process.argv[2] ?? '', { perMessageDeflate: false });

socket.on('message', async (data) => {
  const { id } = JSON.parse(data.toString());
  const { pieces, piecesPerSecond } = plan;
  for (const text of pieces) {
    socket.send(JSON.stringify({ id, text }));
    if (piecesPerSecond === undefined) await setImmediate();
    else await setTimeout(1000 / piecesPerSecond);
  }
  socket.send(JSON.stringify({ id, end: { input: 1, output: pieces.length } }));
});
process.on('message', (message: UpstreamPlan) => {
  plan = message;
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));
