/**
 * Sessions with machines: the handshake, who is connected, and the frames that go to them. What
 * the frames mean is decided elsewhere (`requests.ts`, the yard).
 */
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { limits } from '../contract/limits.ts';
import {
  type AgentMessage,
  type GatewayMessage,
  linkProtocol,
  type MachineModel,
  type Read,
  readAgentMessage,
} from '../contract/link/messages.ts';
import { verifyLinkProof } from '../transport/identity/link-proof.ts';
import { newSessionId } from '../transport/ids.ts';
import { type LinkSocket, linkSocket } from '../transport/link/link-socket.ts';
import type { Log } from '../transport/log/log.ts';
import type { Store } from '../transport/store/store.ts';

/** A machine that has shown who it is. */
export interface MachineSession {
  readonly sessionId: string;
  readonly machineId: string;
  readonly name: string;
  readonly agentVersion: string;
  readonly remoteAddress: string;
  readonly link: LinkSocket<GatewayMessage>;
  models: readonly MachineModel[];
  /** When the yard last heard of it through a frame that was no report; monotonic ms. */
  heardAtMs: number;
}

/** Everything an agent says after the handshake. */
export type SessionMessage = Exclude<AgentMessage, { type: 'hello' }>;

export interface MachineLinksHandlers {
  onOpened(session: MachineSession): void;
  onMessage(session: MachineSession, message: SessionMessage): void;
  onClosed(session: MachineSession, why: string): void;
}

/** An agent that does not say hello within this time is cut off, ms. */
const helloMs = 10_000;

export class MachineLinks {
  readonly #sessions = new Map<string, MachineSession>();
  readonly #store: Store;
  readonly #log: Log;
  readonly #handlers: MachineLinksHandlers;

  constructor(store: Store, log: Log, handlers: MachineLinksHandlers) {
    this.#store = store;
    this.#log = log;
    this.#handlers = handlers;
  }

  /** Live sessions, oldest first. */
  get sessions(): readonly MachineSession[] {
    return [...this.#sessions.values()];
  }

  session(sessionId: string): MachineSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Takes a new connection through the handshake. */
  open(socket: WebSocket, remoteAddress: string): void {
    const challenge = {
      type: 'challenge',
      gatewayId: this.#store.gatewayId,
      epoch: this.#store.epoch,
      nonce: randomBytes(32).toString('base64url'),
    } as const;
    let session: MachineSession | undefined;
    let greeted = false;
    let closed = false;
    const read = (frame: string): Read<AgentMessage> =>
      session === undefined && frame.length > limits.linkHelloBytes
        ? { kind: 'malformed', why: 'too long for a hello' }
        : readAgentMessage(frame);
    const link = linkSocket<AgentMessage, GatewayMessage>(socket, read, {
      onMessage: (message) => {
        if (session !== undefined) {
          // A second hello changes nothing.
          if (message.type !== 'hello') this.#handlers.onMessage(session, message);
          return;
        }
        if (message.type !== 'hello' || greeted) return link.close('expected hello');
        greeted = true;
        this.#greet(message, challenge).then(
          (answer) => {
            // It left while its key was looked up: a session now would never end.
            if (closed) return;
            link.send(answer);
            if (answer.type !== 'welcome') return link.close(answer.message);
            session = {
              sessionId: answer.sessionId,
              machineId: message.machineId,
              name: message.name,
              agentVersion: message.agentVersion,
              remoteAddress,
              link,
              models: [],
              heardAtMs: 0,
            };
            this.#sessions.set(session.sessionId, session);
            this.#handlers.onOpened(session);
          },
          (error: unknown) => {
            this.#log.error('link handshake failed', { error: String(error) });
            link.close('the gateway failed');
          },
        );
      },
      onClosed: (why) => {
        closed = true;
        clearTimeout(deadline);
        if (session === undefined) return;
        this.#sessions.delete(session.sessionId);
        this.#handlers.onClosed(session, why);
      },
    });
    const deadline = setTimeout(() => {
      if (session === undefined) link.close('no hello in time');
    }, helloMs);
    deadline.unref();
    link.send(challenge);
  }

  async #greet(
    hello: Extract<AgentMessage, { type: 'hello' }>,
    challenge: Extract<GatewayMessage, { type: 'challenge' }>,
  ): Promise<Extract<GatewayMessage, { type: 'welcome' | 'refused' }>> {
    const refuse = (reason: 'unknown-machine' | 'bad-signature' | 'protocol', message: string) => {
      this.#log.warn('machine refused', { machineId: hello.machineId, reason });
      return { type: 'refused', reason, message } as const;
    };
    const protocol = Math.min(hello.protocol[1], linkProtocol[1]);
    if (protocol < hello.protocol[0] || protocol < linkProtocol[0]) {
      return refuse(
        'protocol',
        `This gateway speaks link protocol ${linkProtocol.join(' to ')}, the agent ${hello.protocol.join(' to ')}: update the older one.`,
      );
    }
    const machine = await this.#store.machines.get(hello.machineId);
    if (machine === undefined || machine.publicKey !== hello.publicKey) {
      return refuse(
        'unknown-machine',
        'This gateway does not know the machine. Start its agent with the data directory of the gateway.',
      );
    }
    if (!verifyLinkProof(hello.publicKey, challenge, hello.machineId, hello.signature)) {
      return refuse('bad-signature', "The signature does not match the machine's key.");
    }
    return {
      type: 'welcome',
      protocol,
      gatewayId: challenge.gatewayId,
      epoch: challenge.epoch,
      sessionId: newSessionId(),
      heartbeatMs: limits.heartbeatMs,
      maxMessageBytes: limits.linkMessageBytes,
    };
  }
}
