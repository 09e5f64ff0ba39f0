/**
 * What the size of a frame and the window of a session cost, over real WebSockets: how long a control message (a
 * cancel) takes to arrive while megabytes are on their way, how long those take, and the CPU of both ends together.
 *
 *     npm run bench:frames
 *
 * First over a line that carries 2.5 MB/s, then over loopback as it is. `docs/decisions/016` has the figures. Takes a minute.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import type { Read } from '../src/contract/link/messages.ts';
import { IncomingLanes, OutgoingLanes } from '../src/session/lanes.ts';
import { SessionLink } from '../src/session/session-link.ts';
import { afterIdly } from '../src/transport/after-idly.ts';
import { socketPipe } from '../src/transport/link/socket-pipe.ts';

const kibi = 1024;
const mebi = 1024 * kibi;
const lineBytesPerS = 2_500_000;
const beatMs = 50;
const held = 128 * mebi;

interface Word {
  readonly type: string;
  readonly atMs?: number;
}
interface Size {
  readonly windowBytes: number;
  readonly frameBytes: number;
}
interface Figures {
  /** Of control messages, from being said to being heard, ms. */
  readonly controlMs: readonly number[];
  readonly totalMs: number;
  /** Of this process, which is both ends, ms. */
  readonly cpuMs: number;
}

const readWord = (text: string): Read<Word> => ({ kind: 'message', message: JSON.parse(text) });
const newEnd = ({ frameBytes, windowBytes }: Size, onMessage: (word: Word) => void): SessionLink<Word, Word> =>
  new SessionLink<Word, Word>({
    read: readWord,
    outgoing: new OutgoingLanes({ frameBytes, windowBytes, heldBytes: held }),
    incoming: new IncomingLanes(held),
    after: afterIdly,
    onMessage,
    onDetached() {},
    onEnded() {},
  });

/** Passes everything on, the answers at once and the rest at the speed of the line. */
async function openLine(port: number): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const line = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => {});
    }
    far.pipe(near);
    let freeAtMs = performance.now();
    near.on('data', (bytes) => {
      far.write(bytes);
      freeAtMs = Math.max(freeAtMs, performance.now()) + (bytes.length / lineBytesPerS) * 1_000;
      near.pause();
      setTimeout(() => near.resume(), Math.max(0, freeAtMs - performance.now()));
    });
  });
  await once(line.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (line.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      line.close();
    },
  };
}

/** Sends `messages` data messages of `bytes` at once, and a control message each 50 ms until all have arrived. */
async function measure(size: Size, messages: number, bytes: number, isSlow: boolean): Promise<Figures> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const line = isSlow ? await openLine(port) : null;
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const dialled = new WebSocket(`ws://127.0.0.1:${line?.port ?? port}`, { perMessageDeflate: false });
  await once(dialled, 'open');
  const [socket] = await accepted;

  const controlMs: number[] = [];
  const all = Promise.withResolvers<void>();
  let arrived = 0;
  const hearing = newEnd(size, ({ type, atMs }) => {
    if (type === 'cancel') controlMs.push(performance.now() - (atMs ?? 0));
    else if (++arrived === messages) all.resolve();
  });
  hearing.attach(socketPipe(socket, { onFrame() {}, onWritable() {}, onClosed() {} }), { c: 0, d: 0 });
  const speaking = newEnd(size, () => {});
  speaking.attach(socketPipe(dialled, { onFrame() {}, onWritable() {}, onClosed() {} }), { c: 0, d: 0 });

  const data = new TextEncoder().encode(JSON.stringify({ type: 'offer', request: 'x'.repeat(bytes) }));
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const say = (): void => speaking.send({ type: 'cancel', atMs: performance.now() });
  for (let index = 0; index < messages; index++) speaking.sendText('d', [data]);
  say();
  const beat = setInterval(say, beatMs);
  await all.promise;
  const totalMs = performance.now() - startedMs;
  clearInterval(beat);
  const { user, system } = process.cpuUsage(cpu);
  dialled.terminate();
  line?.close();
  server.close();
  await passed(20);
  return { controlMs, totalMs, cpuMs: (user + system) / 1_000 };
}

const ms = (figure: number): string =>
  `${figure < 10 ? figure.toFixed(2) : Math.round(figure).toLocaleString('en')} ms`;
const median = (figures: readonly number[]): number =>
  figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)] ?? Number.NaN;
const sizes: readonly Size[] = [4 * mebi, mebi].flatMap((windowBytes) =>
  [64, 384].map((frameKibi) => ({ windowBytes, frameBytes: frameKibi * kibi })),
);
const named = ({ windowBytes, frameBytes }: Size) => ({
  window: `${windowBytes / mebi} MiB`,
  frames: `${frameBytes / kibi} KiB`,
});

console.log(
  `A line of ${lineBytesPerS / 1e6} MB/s, 8 messages of 1 MB on their way, a control message every ${beatMs} ms`,
);
const slow = [];
for (const size of sizes) {
  const { controlMs, totalMs } = await measure(size, 8, 1_000_000, true);
  slow.push({
    ...named(size),
    'control, median': ms(median(controlMs)),
    'at most': ms(Math.max(...controlMs)),
    all: ms(totalMs),
  });
}
console.table(slow);

/** Medians of several runs: a busy machine makes single ones worthless. */
const runs = 9;
async function repeat(title: string, messages: number, bytes: number): Promise<void> {
  console.log(`${title}, over loopback, medians of ${runs} runs`);
  const rows = [];
  const seen = sizes.map((): Figures[] => []);
  // In turns, so that what else happens on the machine meets all alike.
  for (let run = 0; run < runs; run++) {
    for (const [index, size] of sizes.entries()) seen[index]?.push(await measure(size, messages, bytes, false));
  }
  for (const [index, size] of sizes.entries()) {
    const of = seen[index] ?? [];
    rows.push({
      ...named(size),
      'control, at most': ms(median(of.map(({ controlMs }) => Math.max(...controlMs)))),
      all: ms(median(of.map(({ totalMs }) => totalMs))),
      'CPU, each message': ms(median(of.map(({ cpuMs }) => cpuMs)) / messages),
    });
  }
  console.table(rows);
}
await repeat('One message of 32 MB', 1, 32_000_000);
await repeat('300 messages of 100 KB', 300, 100_000);
