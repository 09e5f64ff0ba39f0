/**
 * What it costs two processes when a machine links: a WebSocket, a challenge, a signature that is verified, two words of
 * the usual length. All that Node, `ws`, OpenSSL and the system take, and nothing of ours.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

const joins = 2_000;
/** On their way at a time, as a gateway allows. */
const atOnce = 64;
const welcome = 'w'.repeat(300);
const report = 'r'.repeat(600);

/** µs of CPU for each that links, at either end. */
export async function bareJoins(): Promise<{ readonly hearsUs: number; readonly saysUs: number }> {
  const self = import.meta.filename;
  const children: ChildProcess[] = [];
  const start = (...words: string[]): ChildProcess => {
    const child = fork(self, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.push(child);
    return child;
  };
  try {
    const hears = start('hear');
    const [port] = await once(hears, 'message');
    const heard = once(hears, 'message');
    const says = start('say', String(port));
    const [[saysUs], [hearsUs]] = await Promise.all([once(says, 'message'), heard]);
    return { hearsUs, saysUs };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

async function hear(): Promise<void> {
  let left = joins;
  let from = process.cpuUsage();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => {
    if (left === joins) from = process.cpuUsage();
    const nonce = randomBytes(32);
    socket.send(nonce.toString('base64url'));
    socket.once('message', (data) => {
      // Texts arrive as one Buffer (ws default `binaryType`).
      const [x = '', signature = ''] = (data as Buffer).toString('utf8').split(' ');
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      verify(null, nonce, key, Buffer.from(signature, 'base64url'), (_error, isValid) => {
        if (!isValid) throw new Error('a wrong signature');
        socket.send(welcome);
        socket.once('message', () => {
          left -= 1;
          if (left > 0) return;
          const { user, system } = process.cpuUsage(from);
          process.send?.((user + system) / joins);
        });
      });
    });
  });
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  process.send?.((server.address() as AddressInfo).port);
}

function say(port: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const from = process.cpuUsage();
  let begun = 0;
  let done = 0;
  const join = (): void => {
    if (begun === joins) return;
    begun += 1;
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    socket.once('message', (nonce: Buffer) => {
      const signature = sign(null, Buffer.from(nonce.toString('utf8'), 'base64url'), privateKey);
      socket.send(`${x} ${signature.toString('base64url')}`);
      socket.once('message', () => {
        socket.send(report);
        done += 1;
        join();
        if (done < joins) return;
        const { user, system } = process.cpuUsage(from);
        process.send?.((user + system) / joins);
      });
    });
  };
  for (let count = 0; count < atOnce; count += 1) join();
}

if (process.send !== undefined && process.argv[2] === 'hear') void hear();
if (process.send !== undefined && process.argv[2] === 'say') say(process.argv[3] ?? '');
