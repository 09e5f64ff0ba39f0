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

export interface UpstreamFrame {
  readonly id: number;
  readonly text: string;
  /** With the last piece: tokens read and written. */
  readonly end?: { readonly input: number; readonly output: number };
}

let plan: UpstreamPlan = { pieces: [] };
const socket = new WebSocket(process.argv[2] ?? '', { perMessageDeflate: false });

socket.on('message', async (data) => {
  const { id } = JSON.parse(data.toString());
  const { pieces, piecesPerSecond } = plan;
  const last = pieces.length - 1;
  for (const [index, text] of pieces.entries()) {
    const frame: UpstreamFrame = index < last ? { id, text } : { id, text, end: { input: 1, output: pieces.length } };
    socket.send(JSON.stringify(frame));
    if (piecesPerSecond === undefined) await setImmediate();
    else await setTimeout(1000 / piecesPerSecond);
  }
});
process.on('message', (message: UpstreamPlan) => {
  plan = message;
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));
