/** The two doors through which machines link: WebSockets, and plain requests where a network lets no WebSocket through. */
import type { FastifyInstance } from 'fastify';
import { nowMs } from '../transport/clock.ts';
import type { LinkPasses } from '../transport/identity/link-pass.ts';
import { acceptLinks, type DoorLimits } from '../transport/link/accept.ts';
import type { Pipe, PipeHearer } from '../transport/link/pipe.ts';
import type { Log } from '../transport/log/log.ts';
import type { HostCheck } from './http/allowed-hosts.ts';
import { exemptConnection } from './http/connection-limit.ts';
import { muteProxies } from './http/mute-proxies.ts';
import { addPollRoutes, type PipeLimits } from './http/poll-routes.ts';
import { visitorsOf } from './http/visitors.ts';
import { linkCheck, type Reach } from './listening.ts';
import type { LinkOrigin } from './machine-links.ts';

export interface DoorsOptions {
  readonly reach: Reach;
  readonly limits: DoorLimits & PipeLimits;
  readonly passes: LinkPasses;
  readonly log: Log;
  readonly allowHost: HostCheck;
  /** Somebody is at the door, and has shown nothing yet. */
  onPipe(connect: (hearer: PipeHearer) => Pipe, from: LinkOrigin): void;
}

export function openDoors(app: FastifyInstance, options: DoorsOptions): { close(): void } {
  const { reach, limits, passes, log, allowHost, onPipe } = options;
  const visitorOf = visitorsOf(reach, passes, muteProxies(log, nowMs));
  const allowsLink = linkCheck(reach);
  const poll = addPollRoutes(app, { limits, allowsLink: ({ socket }) => allowsLink(socket), visitorOf, onPipe });
  const sockets = acceptLinks(app.server, {
    limits,
    allowHost,
    allowSocket: allowsLink,
    visitorOf,
    onPipe: (connect, request, onWelcome) =>
      onPipe(connect, {
        way: 'websocket',
        remoteAddress: visitorOf(request).address,
        onWelcome() {
          exemptConnection(request.socket);
          onWelcome();
        },
      }),
  });
  return {
    close() {
      sockets.close();
      poll.close();
    },
  };
}
