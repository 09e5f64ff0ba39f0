/**
 * What an agent says of its machine, and what it need not say again: the gateway of a session knows what it was
 * told in that session. A machine whose report would be the last one over again says `beat`, a few bytes; facts that
 * change all the time go with it now and then. Pure.
 */
import { type AgentMessage, beatProtocol } from '../contract/link/messages.ts';
import type { Facts } from '../contract/machine/facts.ts';

type Report = Extract<AgentMessage, { type: 'report' }>;

/** How long facts that have changed wait for others, ms: gateways judge machines no more often. */
const liveMs = 30_000;

export interface Occasion {
  readonly report: Omit<Report, 'live'>;
  /** The facts that change, all of them, as they are now. */
  readonly live: Facts;
  /** Of the link, as `welcome` told it. */
  readonly protocol: number;
  /** Of a clock that never jumps, ms. */
  readonly nowMs: number;
  /** Nothing in particular has happened: it is time for a sign of life. */
  readonly isHeartbeat: boolean;
}

export class Reports {
  /** What the session was told, as JSON; undefined before its first report. */
  #report: string | undefined;
  readonly #live = new Map<string, string>();
  #liveToldAtMs = 0;

  /** A new session has been told nothing. */
  forget(): void {
    this.#report = undefined;
  }

  /** The next thing to say; it counts as told. */
  next({ report, live, protocol, nowMs, isHeartbeat }: Occasion): AgentMessage {
    if (protocol < beatProtocol) return withLive(report, live);
    const text = JSON.stringify(report);
    const isDue = nowMs - this.#liveToldAtMs >= liveMs;
    // A fact that is told no more can only be left out of a whole report.
    if (this.#report === undefined || [...this.#live.keys()].some((name) => !Object.hasOwn(live, name))) {
      this.#report = text;
      this.#live.clear();
      this.#noteLive(live, nowMs);
      return withLive(report, live);
    }
    if (text !== this.#report) {
      this.#report = text;
      if (!isDue) return report;
      this.#noteLive(live, nowMs);
      return withLive(report, live);
    }
    const news = isHeartbeat && !isDue ? {} : this.#noteLive(live, nowMs);
    return Object.keys(news).length === 0 ? { type: 'beat' } : { type: 'beat', live: news };
  }

  /** Returns those that are not as they were told last. */
  #noteLive(live: Facts, nowMs: number): Facts {
    const news = Object.entries(live).filter(([name, fact]) => {
      const text = JSON.stringify(fact);
      if (this.#live.get(name) === text) return false;
      this.#live.set(name, text);
      return true;
    });
    if (news.length > 0) this.#liveToldAtMs = nowMs;
    return Object.fromEntries(news);
  }
}

function withLive(report: Omit<Report, 'live'>, live: Facts): Report {
  return Object.keys(live).length === 0 ? report : { ...report, live };
}
