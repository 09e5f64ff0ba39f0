/**
 * Many clients that ask for an answer and never read it, beside one that does:
 *
 *     npm run slow-clients -- --clients 200
 *
 * `--chars`: length of a piece of text; a machine that is fast sends several at a time. Tells what each costs the gateway's memory,
 * when its machine is told to stop, and whether the one that reads noticed anything. Exits with 1 when a bound of `contract/limits` does
 * not hold, or when not all were cut within `--seconds`. Takes a minute.
 */
import { parseArgs } from 'node:util';
import { limits } from '../src/contract/limits.ts';
import { OutputCredit } from '../src/session/credit.ts';
import { openWire } from '../test/hostile/exchange.ts';
import { type Offer, startHostileYard, textAnswer } from '../test/hostile/start-gateway.ts';
import { fakeModel } from '../test/support/test-yard.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '200' },
    chars: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '240' },
  },
});
const [clients, chars, seconds] = [Number(values.clients), Number(values.chars), Number(values.seconds)];
if (!(clients >= 1 && chars >= 1 && seconds >= 1)) {
  throw new Error('--clients, --chars and --seconds take a whole number of at least 1');
}
const megabyte = 1024 * 1024;
const piece = { type: 'block-delta', text: 'x'.repeat(chars) } as const;
/** What an agent sends at a time when its engine is faster than its slots of 10 ms. */
const piecesAtOnce = 32;
const readerEveryMs = 20;
const mostPerClient = 4 * megabyte;
const mostCancelMs = limits.clientStallMs + 1_000;

await using yard = await startHostileYard({ edgeLimits: { connectionsPerAddress: 10_000 } });
const agent = await yard.connect([{ ...fakeModel, slots: clients + 1 }]);
const streams = new Map<string, { readonly offer: Offer; readonly credit: OutputCredit; fullAtMs: number }>();

/** Sends as much as there is credit for. */
function send(requestId: string): void {
  const stream = streams.get(requestId);
  if (stream === undefined) return;
  const { offer, credit } = stream;
  while (credit.isLeft) {
    const pieces = Array.from({ length: piecesAtOnce }, () => piece);
    credit.spend(pieces);
    agent.output(offer, ...pieces);
  }
  stream.fullAtMs = performance.now();
}
const cancelMs: number[] = [];
const settled = Promise.withResolvers<void>();
async function hearCredit(): Promise<void> {
  for (;;) {
    const { requestId, taken } = await agent.next('credit');
    streams.get(requestId)?.credit.grant(taken);
    send(requestId);
  }
}
async function hearCancels(): Promise<void> {
  for (;;) {
    const { requestId, attempt } = await agent.next('cancel');
    const stream = streams.get(requestId);
    agent.send({ type: 'cancelled', requestId, attempt });
    if (stream === undefined) continue;
    cancelMs.push(performance.now() - stream.fullAtMs);
    streams.delete(requestId);
    if (cancelMs.length === clients) settled.resolve();
  }
}
const [start, open] = textAnswer('');
if (start === undefined || open === undefined) throw new Error('an answer begins with two events');

const body = JSON.stringify({
  model: fakeModel.id,
  max_tokens: 50,
  stream: true,
  messages: [{ role: 'user', content: 'Hello' }],
});
const ask = `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${yard.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

// The one that reads: its machine sends a token every 20 ms, whatever the others do.
const reading = await openWire(yard);
reading.socket.write(ask);
const readOffer = await agent.next('offer');
agent.accept(readOffer);
agent.output(readOffer, start, open);
const gapsMs: number[] = [];
let readAtMs = performance.now();
reading.socket.on('data', () => {
  gapsMs.push(performance.now() - readAtMs);
  readAtMs = performance.now();
});
const telling = setInterval(() => agent.output(readOffer, piece), readerEveryMs);

void hearCredit().catch(() => {});
void hearCancels().catch(() => {});
const late = setTimeout(() => {
  console.log(`after ${seconds} s only ${cancelMs.length} of ${clients} were cut`);
  process.exit(1);
}, seconds * 1_000);
await yard.reset();
const before = (await yard.figures()).rssBytes;
const wires = [];
for (let index = 0; index < clients; index++) {
  const wire = await openWire(yard);
  wire.socket.pause();
  wire.socket.write(ask);
  wires.push(wire);
  const offer = await agent.next('offer');
  agent.accept(offer);
  agent.output(offer, start, open);
  streams.set(offer.requestId, { offer, credit: new OutputCredit(offer.credit), fullAtMs: 0 });
  send(offer.requestId);
}
await settled.promise;
clearTimeout(late);
clearInterval(telling);
const { rssBytes } = await yard.figures();
const perClient = (rssBytes - before) / clients;
gapsMs.sort((a, b) => a - b);
const latest = Math.max(...cancelMs);
console.log(`${clients} clients that read nothing`);
console.log(`memory: at most ${(perClient / megabyte).toFixed(2)} MiB each (${mostPerClient / megabyte} may be)`);
console.log(
  `machine told to stop ${(Math.min(...cancelMs) / 1000).toFixed(1)} to ${(latest / 1000).toFixed(1)} s after its last word ` +
    `(${mostCancelMs / 1000} may be)`,
);
console.log(
  `the client that reads: a token every ${readerEveryMs} ms, gap p99 ${gapsMs[Math.floor(gapsMs.length * 0.99)]?.toFixed(0)} ms, ` +
    `at most ${gapsMs.at(-1)?.toFixed(0)} ms`,
);
for (const { socket } of [...wires, reading]) socket.destroy();
process.exitCode = perClient <= mostPerClient && latest <= mostCancelMs ? 0 : 1;
