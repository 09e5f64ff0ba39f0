/** Sessions over real connections and in real time. What a session is stands in `session/session-link.ts`. */
import { limits } from '../../contract/limits.ts';
import { IncomingLanes, OutgoingLanes } from '../../session/lanes.ts';
import { type SessionLinkOptions as PureOptions, SessionLink as PureSessionLink } from '../../session/session-link.ts';
import { afterTogether } from '../after-together.ts';

export interface SessionLinkOptions<Incoming> extends Omit<PureOptions<Incoming>, 'outgoing' | 'incoming' | 'after'> {
  /** All that may be kept for the other end, bytes. */
  readonly heldBytes: number;
  /** Longest message that is taken, bytes; the longest there is when absent. */
  readonly messageBytes?: number;
  /** Longest payload of a frame the other end takes, bytes; the usual one when absent. */
  readonly frameBytes?: number;
}

export class SessionLink<Incoming, Outgoing extends { readonly type: string }> extends PureSessionLink<
  Incoming,
  Outgoing
> {
  constructor(options: SessionLinkOptions<Incoming>) {
    const { linkFrameBytes, linkWindowBytes: windowBytes, linkMessageBytes } = limits;
    const frameBytes = Math.min(linkFrameBytes, options.frameBytes ?? linkFrameBytes);
    super({
      ...options,
      outgoing: new OutgoingLanes({ frameBytes, windowBytes, heldBytes: options.heldBytes }),
      incoming: new IncomingLanes(options.messageBytes ?? linkMessageBytes),
      after: afterTogether,
    });
  }
}
