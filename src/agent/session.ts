/**
 * One session with one gateway: the handshake, heartbeats, and tickets. A session ends with its
 * connection; everything it was doing is cancelled, because the gateway has given it up too.
 */

import { limits } from '../contract/limits.ts';
import type { AgentMessage, GatewayMessage, MachineModel } from '../contract/link/messages.ts';
import { linkProtocol } from '../contract/link/messages.ts';
import { unreachable } from '../contract/unreachable.ts';
import type { MachineIdentity } from '../transport/identity/machine-identity.ts';
import { dialLink } from '../transport/link/dial.ts';
import type { Log } from '../transport/log/log.ts';
import { pause } from '../transport/pause.ts';
import type { Tickets } from './tickets.ts';

export interface SessionOptions {
  readonly gatewayUrl: string;
  readonly identity: MachineIdentity;
  readonly name: string;
  readonly version: string;
  readonly log: Log;
  readonly tickets: Tickets;
  models(): readonly MachineModel[];
  draining(): boolean;
}

export type SessionEnd =
  /** The gateway does not want this machine; trying again soon is of no use. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'closed'; readonly why: string; readonly wasOpen: boolean };

export interface Session {
  /** Tells the gateway what changed, at once. */
  report(): void;
  close(): void;
  readonly ended: Promise<SessionEnd>;
}

export function openSession(options: SessionOptions): Session {
  const { identity, log, tickets } = options;
  const ending = new AbortController();
  let open = false;
  let refusal: string | undefined;

  const ended = new Promise<SessionEnd>((resolve) => {
    ending.signal.addEventListener('abort', () => {
      const why: string = ending.signal.reason;
      tickets.cancelAll();
      resolve(refusal === undefined ? { kind: 'closed', why, wasOpen: open } : { kind: 'refused', why: refusal });
    });
  });

  const link = dialLink(options.gatewayUrl, {
    onMessage: hear,
    onClosed: (why) => ending.abort(why),
  });
  const send = (message: AgentMessage): void => link.send(message);

  function report(): void {
    if (open) send({ type: 'report', models: [...options.models()], draining: options.draining() });
  }

  async function beat(heartbeatMs: number): Promise<void> {
    while (!ending.signal.aborted) {
      report();
      const jitter = 1 + limits.heartbeatJitter * (2 * Math.random() - 1);
      await pause(heartbeatMs * jitter, ending.signal);
    }
  }

  function hear(message: GatewayMessage): void {
    switch (message.type) {
      case 'challenge':
        return send({
          type: 'hello',
          protocol: [...linkProtocol],
          agentVersion: options.version,
          machineId: identity.machineId,
          name: options.name,
          publicKey: identity.publicKey,
          signature: identity.signLinkProof(message),
        });
      case 'welcome':
        open = true;
        log.info('linked to the gateway', { gatewayId: message.gatewayId, epoch: message.epoch });
        void beat(message.heartbeatMs);
        return;
      case 'refused':
        refusal = message.message;
        return link.close('refused');
      case 'offer':
        return tickets.offer(message, send);
      case 'cancel':
        return tickets.cancel(message.requestId, message.attempt, send);
      case 'count':
        return tickets.count(message.countId, message.request, send);
      case 'pardon':
        return tickets.pardon(message.requestId, message.attempt);
      case 'goaway':
        log.info('the gateway is going away', { message: message.message });
        return;
      default:
        return unreachable(message);
    }
  }

  return { report, close: () => link.close('the agent is closing'), ended };
}
