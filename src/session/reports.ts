/**
 * What an agent says of its machine, and what it need not say again: the gateway of a session knows what it was
 * told in that session. A machine whose report would be the last one over again says `beat`, a few bytes; facts that
 * change all the time go with it now and then, and figures that drift by themselves (speeds fade, what could be loaded
 * depends on the memory that is free) are told again when they have changed noticeably. Pure.
 */
import { type AgentMessage, beatProtocol, type MachineModel } from '../contract/link/messages.ts';
import type { Facts } from '../contract/machine/facts.ts';

type Report = Extract<AgentMessage, { type: 'report' }>;
type SignOfLife = Extract<AgentMessage, { type: 'report' | 'beat' }>;

/**
 * How long facts that have changed wait for others: gateways judge machines no more often, and what a large fleet says
 * of itself grows no more than its heartbeats do. ms, and heartbeats.
 */
const liveMs = 30_000;
const liveBeats = 6;
/** Figures that drift are told again when they differ from what was told by more than this part of it. */
const noticeable = 0.05;

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
  /** Of the session, ms. */
  readonly heartbeatMs: number;
}

export class Reports {
  /** What the session was told; undefined before its first report. */
  #told: Told | undefined;
  readonly #live = new Map<string, string>();
  #liveToldAtMs = 0;

  /** A new session has been told nothing. */
  forget(): void {
    this.#told = undefined;
    this.#live.clear();
  }

  /** All facts were told, these among them: they are no news until they change. */
  factsTold(live: Facts, nowMs: number): void {
    this.#live.clear();
    this.#noteLive(live, nowMs);
  }

  /** The next thing to say; it counts as told. */
  next({ report, live, protocol, nowMs, isHeartbeat, heartbeatMs }: Occasion): SignOfLife {
    if (protocol < beatProtocol) return withLive(report, live);
    const now = toldBy(report);
    const isDue = nowMs - this.#liveToldAtMs >= Math.max(liveMs, liveBeats * heartbeatMs);
    // A fact that is told no more can only be left out of a whole report.
    const isLess = [...this.#live.keys()].some((name) => !Object.hasOwn(live, name));
    if (this.#told === undefined || isLess) {
      this.#told = now;
      if (isLess) this.#live.clear();
      const news = this.#noteLive(live, nowMs);
      return Object.keys(news).length === 0 ? report : withLive(report, live);
    }
    if (isNews(this.#told, now)) {
      this.#told = now;
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

/** A report, for comparison. */
interface Told {
  /** As JSON, without the figures that drift. */
  readonly steady: string;
  readonly drifting: readonly number[];
}

function toldBy({ models, available = [], ...rest }: Occasion['report']): Told {
  const drifting: number[] = [];
  const withoutPace = ({ pace, ...model }: MachineModel): Omit<MachineModel, 'pace'> => {
    if (pace !== undefined) drifting.push(...Object.values(pace));
    return model;
  };
  const steady = {
    ...rest,
    models: models.map(withoutPace),
    available: available.map((model) => {
      const { window, bytes = 0, ...known } = withoutPace(model);
      drifting.push(window, bytes);
      return known;
    }),
  };
  return { steady: JSON.stringify(steady), drifting };
}

function isNews(told: Told, now: Told): boolean {
  if (told.steady !== now.steady || told.drifting.length !== now.drifting.length) return true;
  return now.drifting.some((value, index) => {
    const before = told.drifting[index] ?? 0;
    return Math.abs(value - before) > noticeable * Math.abs(before);
  });
}

function withLive(report: Omit<Report, 'live'>, live: Facts): Report {
  return Object.keys(live).length === 0 ? report : { ...report, live };
}
