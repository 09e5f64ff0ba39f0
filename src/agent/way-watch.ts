/**
 * What the agent knows of the way to its gateway, as facts the gateway is told: the offset of the clocks,
 * by the round trip of each handshake, and from then on by how our own clock is set; who shows a certificate at the gateway's address; by what the link is carried. Looked
 * at when the first link begins, soon after each later one, each hour after that, and when no link comes about, which is when a stranger's
 * certificate is seen: that goes to the log, since the gateway cannot be told before it is reached.
 */
import { known } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { afterIdly } from '../transport/after-idly.ts';
import { nowMs } from '../transport/clock.ts';
import { lookAtGateway } from '../transport/link/look-at-gateway.ts';
import type { Log } from '../transport/log/log.ts';
import type { Trust } from '../transport/tls/trust.ts';

export interface WayWatchOptions {
  readonly gatewayUrl: string;
  readonly trust: Trust;
  readonly log: Log;
  /** Something is known that was not known before. */
  onFacts(): void;
}

export interface WayWatch {
  readonly facts: Facts;
  /** A link has begun, carried by this; the gateway's clock less ours where it was told; its heartbeat, ms, is longer in a large fleet. */
  linked(by: 'websocket' | 'http', heartbeatMs: number, offsetMs?: number): void;
  /** A link did not come about, or ended, for this reason. */
  failed(why: string): void;
  stop(): void;
}

const eachMs = 60 * 60_000;
/** A whole fleet links again when its gateway was restarted: each looks at some moment of so many heartbeats. */
const againWithinBeats = 6;
/** Between two looks for want of a link: it is tried every few seconds, ms. */
const leastBetweenMs = 60_000;

/** The gateway's clock less ours, and what ours was ahead of the clock that is never set when that was measured, ms. */
interface MeasuredClock {
  readonly offsetMs: number;
  readonly aheadMs: number;
}

/** Clocks that are set by less drift, ms. */
const noticeableMs = 1_000;

/** Our own clock may have been set since. That the gateway's was is known with the next link. */
function offsetNow({ offsetMs, aheadMs }: MeasuredClock): number {
  const setMs = Date.now() - nowMs() - aheadMs;
  return Math.abs(setMs) < noticeableMs ? offsetMs : Math.round(offsetMs - setMs);
}

export function watchWay({ gatewayUrl, trust, log, onFacts }: WayWatchOptions): WayWatch {
  const source = 'connection to the gateway';
  let facts: Facts = {};
  let lookedAtMs: number | undefined;
  let stranger = '';
  let hasSeen = false;
  let isStopped = false;
  let clock: MeasuredClock | undefined;
  let cancel = (): void => {};

  async function look(): Promise<void> {
    cancel();
    lookedAtMs = nowMs();
    // A gateway that is down is in the log already, and no news about the way.
    const seen = await lookAtGateway(gatewayUrl, trust).catch(() => undefined);
    if (isStopped) return;
    cancel = afterIdly(eachMs, () => void look());
    if (seen === undefined) return;
    hasSeen = true;
    if (seen.stranger !== undefined && seen.stranger !== stranger) {
      stranger = seen.stranger;
      if (stranger !== '')
        log.error(
          'the address of the gateway shows a certificate that is not its own: something opens TLS on the way',
          {
            issuer: stranger,
            help: 'metalyard doctor tls-intercepted',
          },
        );
    }
    facts = {
      ...facts,
      ...(seen.stranger === undefined ? {} : { 'network.tls_intercepted_by': known(seen.stranger, source) }),
    };
    onFacts();
  }

  return {
    get facts() {
      return clock === undefined ? facts : { ...facts, 'clock.offset_ms': known(offsetNow(clock), 'the link') };
    },
    linked(by, heartbeatMs, offsetMs) {
      if (offsetMs !== undefined) clock = { offsetMs, aheadMs: Date.now() - nowMs() };
      facts = { ...facts, 'network.websocket': known(by === 'websocket', 'the link') };
      cancel();
      if (hasSeen) cancel = afterIdly(Math.random() * againWithinBeats * heartbeatMs, () => void look());
      else void look();
    },
    failed(why) {
      // A certificate that is refused for the first time is worth a look at once.
      const isNews = stranger === '' && /certificate/i.test(why);
      if (isNews || lookedAtMs === undefined || nowMs() - lookedAtMs >= leastBetweenMs) void look();
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
