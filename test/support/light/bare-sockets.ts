/**
 * What it costs a process to hear a text of a heartbeat's size over one of many WebSockets, and to answer with a few
 * bytes a little later: all that Node, `ws` and the system take, and nothing of ours. It tells what a figure in µs is worth on
 * the computer it was measured on.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';

const sockets = 400;
/** As many texts each second as 2,000 machines send, and as long. */
const everyMs = 1_000;
const text = 'c17 {"type":"beat"}';
const answerAfterMs = 200;
const watchMs = 4_000;
/** Where texts come together: so often, ms, a quarter of the sockets at a time. */
const togetherMs = 250;

/** µs of CPU for each text, at the hearing end. `how`: each at a time of its own, or a hundred at a time. */
export async function bareSocketCpuUs(how: 'alone' | 'together'): Promise<number> {
  const self = import.meta.filename;
  const child = fork(self, ['listen'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let speaker: ChildProcess | undefined;
  try {
    const [port] = await once(child, 'message');
    speaker = fork(self, ['speak', String(port), how], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [figure] = await once(child, 'message');
    return figure;
  } finally {
    for (const each of [child, speaker]) each?.kill('SIGKILL');
  }
}

async function listen(): Promise<void> {
  let heard = 0;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      // Texts arrive as one Buffer (ws default `binaryType`).
      heard += (data as Buffer).toString('utf8').length > 0 ? 1 : 0;
      setTimeout(() => socket.send('a 17 9'), answerAfterMs).unref();
    });
  });
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  process.send?.((server.address() as AddressInfo).port);
  while (server.clients.size < sockets) await passed(20);
  await passed(everyMs);
  const [before, from] = [heard, process.cpuUsage()];
  await passed(watchMs);
  const { user, system } = process.cpuUsage(from);
  process.send?.((user + system) / (heard - before));
}

async function speak(port: string, how: string): Promise<void> {
  const open: WebSocket[] = [];
  for (let index = 0; index < sockets; index += 1) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    socket.once('open', () => {
      open.push(socket);
      if (how === 'alone') setTimeout(() => setInterval(() => socket.send(text), everyMs), Math.random() * everyMs);
    });
    if (index % 50 === 0) await passed(20);
  }
  if (how === 'alone') return;
  let turn = 0;
  const groups = everyMs / togetherMs;
  setInterval(() => {
    for (let index = turn % groups; index < open.length; index += groups) open[index]?.send(text);
    turn += 1;
  }, togetherMs);
}

if (process.send !== undefined && process.argv[2] === 'listen') void listen();
if (process.send !== undefined && process.argv[2] === 'speak') void speak(process.argv[3] ?? '', process.argv[4] ?? '');
