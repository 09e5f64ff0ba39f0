/**
 * Stands between an agent and a gateway, counts what goes over the link, and remembers what the gateway said. Bytes
 * are passed on as they come, in as many writes.
 *
 * The minimal gateway does not make requests canonical, and an agent takes no others: for that one the relay puts a
 * canonical request (`putRequest`) into each offer. What is counted is what the gateway sent.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Frame, FrameReader, textFrame } from './frames.ts';

/** What went one way. */
export interface Flow {
  bytes: number;
  /** Chunks as they were read, about as many as were written. */
  chunks: number;
  /** WebSocket frames, by what they carry: the type of a message, `more` of one, `confirmation`. */
  readonly frames: Record<string, number>;
}

export interface Traffic {
  readonly fromAgent: Flow;
  readonly fromGateway: Flow;
}

export interface LinkRelay {
  readonly url: string;
  /** What was counted since the last call. */
  take(): Traffic;
  /** The last message of a type the gateway sent; throws when there was none. */
  lastSaid(type: 'welcome' | 'offer'): Record<string, unknown>;
  /** Offers bring the agent this request from now on. */
  putRequest(request: unknown): void;
  close(): void;
}

const newFlow = (): Flow => ({ bytes: 0, chunks: 0, frames: {} });
const newTraffic = (): Traffic => ({ fromAgent: newFlow(), fromGateway: newFlow() });

/** `d17+ {"type":"offer",...`: the head and what it carries. */
const frameForm = /^(?:(?<head>[cd]\d+(?<more>\+?) )?(?<isMessage>\{"type":"(?<type>[\w-]+)")?)/;

export async function startLinkRelay(gatewayUrl: string): Promise<LinkRelay> {
  const { hostname, port } = new URL(gatewayUrl);
  let traffic = newTraffic();
  let request: string | undefined;
  const said = new Map<string, string>();
  const sockets = new Set<Socket>();

  function note(flow: Flow, { text }: Frame): void {
    const type = text === null ? 'none' : typeOf(text);
    flow.frames[type] = (flow.frames[type] ?? 0) + 1;
  }

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    const fromAgent = afterHandshake();
    const fromGateway = afterHandshake();
    let parts: string[] = [];

    /** The frames of one message, all at once: their number stays as it is, whatever request goes with them. */
    function wholeMessage(frame: Frame): Buffer[] {
      const { text } = frame;
      const { head = '', more = '' } = (text === null ? null : frameForm.exec(text)?.groups) ?? {};
      if (text === null || head.startsWith('c')) return [frame.bytes];
      if (head === '') {
        said.set(typeOf(text), text);
        return [frame.bytes];
      }
      parts.push(text);
      if (more !== '') return [];
      const frames = parts;
      parts = [];
      const payloads = frames.map((part) => part.slice(part.indexOf(' ') + 1));
      const message = payloads.join('');
      said.set(typeOf(message), message);
      const begin = message.indexOf('"request":{');
      if (request === undefined || begin === -1) return frames.map(textFrame);
      const changed = `${message.slice(0, begin)}"request":${request}}`;
      const length = Math.ceil(changed.length / frames.length);
      return frames.map((part, at) =>
        textFrame(part.slice(0, part.indexOf(' ') + 1) + changed.slice(at * length, (at + 1) * length)),
      );
    }

    near.on('data', (chunk) => {
      far.write(chunk);
      traffic.fromAgent.bytes += chunk.length;
      traffic.fromAgent.chunks += 1;
      for (const frame of fromAgent.read(chunk).frames) note(traffic.fromAgent, frame);
    });
    far.on('data', (chunk) => {
      traffic.fromGateway.bytes += chunk.length;
      traffic.fromGateway.chunks += 1;
      const { before, frames } = fromGateway.read(chunk);
      for (const frame of frames) note(traffic.fromGateway, frame);
      const onward = [before, ...frames.flatMap(wholeMessage)];
      near.write(Buffer.concat(onward));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    // A TCP listener has an AddressInfo.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = traffic;
      traffic = newTraffic();
      return taken;
    },
    lastSaid(type) {
      const text = said.get(type);
      if (text === undefined) throw new Error(`the gateway has sent no ${type}`);
      return JSON.parse(text);
    },
    putRequest(next) {
      request = JSON.stringify(next);
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function typeOf(text: string): string {
  if (text.startsWith('a ')) return 'confirmation';
  const { more = '', type } = frameForm.exec(text)?.groups ?? {};
  return more !== '' || type === undefined ? 'more' : type;
}

/** The HTTP of the handshake as it is, then frames. */
function afterHandshake(): { read(chunk: Buffer): { readonly before: Buffer; readonly frames: readonly Frame[] } } {
  const reader = new FrameReader();
  let http: Buffer | null = Buffer.alloc(0);
  return {
    read(chunk) {
      if (http === null) return { before: Buffer.alloc(0), frames: reader.read(chunk) };
      http = Buffer.concat([http, chunk]);
      const end = http.indexOf('\r\n\r\n');
      if (end === -1) return { before: chunk, frames: [] };
      const rest = http.subarray(end + 4);
      http = null;
      return { before: chunk.subarray(0, chunk.length - rest.length), frames: reader.read(rest) };
    },
  };
}
