/**
 * One life of a gateway: the product's own core (its sessions, requests and yard) with simulated clients before it,
 * and what its owner and its store do to it.
 */

import { ApiFailure, apiError } from '../contract/errors.ts';
import { noNeeds } from '../contract/generation/request-needs.ts';
import { limits } from '../contract/limits.ts';
import type { CancelReason } from '../contract/link/messages.ts';
import { createGatewayCore, type GatewayCore } from '../gateway/gateway-core.ts';
import { KeyWatch } from '../gateway/key-watch.ts';
import type { MachineChange } from '../gateway/machine-admin.ts';
import { Quotas } from '../gateway/quotas.ts';
import { ReturningMachines } from '../gateway/returning-machines.ts';
import type { OutputAmount } from '../session/credit.ts';
import type { IncomingLanes, OutgoingLanes } from '../session/lanes.ts';
import type { Pipe } from '../session/pipe.ts';
import { SessionLink } from '../session/session-link.ts';
import type { Log } from '../transport/log/log.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { Time } from '../transport/time.ts';
import type { YardEvent } from '../yard/events.ts';
import type { LinkWay } from '../yard/lease.ts';
import { permitBeatMs } from '../yard/quota/held-permits.ts';
import { step, type YardState } from '../yard/step.ts';
import { SimulatedAnswer } from './answer.ts';
import type { Oracles } from './oracles.ts';
import { type Plan, prefixOf, weightOf, wireRequest, wishesOf } from './plan.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import type { Seen } from './seen.ts';
import type { SimulatedStore } from './store.ts';
import type { Tampering } from './tampering.ts';
import type { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';

export interface GatewaySurroundings {
  readonly timeline: Timeline;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly oracles: Oracles;
  readonly tampering: Tampering;
  readonly log: Log;
  /** It outlives gateways and sessions. */
  readonly store: SimulatedStore;
  /** Which start of the gateway this is. */
  readonly epoch: number;
  newLanes(): { outgoing: OutgoingLanes; incoming: IncomingLanes };
  /** What each offer says of credit. */
  readonly credit: OutputAmount;
  /** What machines generate beyond that before an engine waits, UTF-16 units. */
  readonly gatherChars: number;
  /** For the report of the run. */
  readonly seen: Seen;
  /** Machines that count and are not simulated. */
  others(): number;
  /** Hears of what cannot be thrown, since somebody else would catch it. */
  found(error: unknown): void;
}

/** What the yard is told because a machine was heard. */
const fromFrames: ReadonlySet<YardEvent['type']> = new Set([
  'machine-connected',
  'machine-heard',
  'machine-reported',
  'machine-beat',
]);

export class SimulatedGateway {
  readonly clock: ProcessClock;
  readonly core: GatewayCore;
  readonly #world: GatewaySurroundings;
  readonly #returning: ReturningMachines;
  readonly #quotas: Quotas;
  readonly #startedAtMs: number;
  /** Requests that arrived while it slept, or whose model is not known yet. */
  readonly #unread = new Set<string>();
  readonly #answers = new Map<string, SimulatedAnswer>();
  /** Machines that have told their models. */
  readonly #told = new Set<string>();
  #isDead = false;
  #changing: Promise<void> = Promise.resolve();

  constructor(world: GatewaySurroundings) {
    const { clock, store, log, others, tampering } = world;
    this.#world = world;
    this.clock = clock;
    this.#startedAtMs = clock.nowMs;
    const time: Time = {
      nowMs: () => clock.nowMs,
      wallMs: () => clock.wallMs,
      after: clock.after,
      soon: (run) => clock.after(0, run),
    };
    this.#returning = new ReturningMachines({ expected: tampering.expected(store.expected), time });
    const returning = this.#returning;
    this.core = createGatewayCore(
      {
        log,
        store: { gatewayId: 'gw', epoch: world.epoch, machines: this.#machines() },
        passOf: () => '',
        gateways: () => [],
        returning: {
          get missing() {
            return returning.missing + others();
          },
          heard: (machineId) => returning.heard(machineId),
        },
        report: (report) => this.#ended(report),
      },
      this.#coreWorld(time),
    );
    store.quotas.begin();
    this.#quotas = new Quotas(store.quotas, log, () => clock.wallMs, world.random.next);
    tampering.quotas(this.#quotas);
    this.#tendQuotas();
    const keys = {
      get changes() {
        return store.keyChanges;
      },
      current: async (keyId: string) => store.key(keyId),
    };
    new KeyWatch(keys, this.core.yard, log, time);
    this.#watch();
    tampering.gateway(this.core);
    this.setMinimums(store.minimums);
  }

  get yard(): YardState {
    return this.core.yard.state;
  }

  /** The process is gone: its clients see their connections break. */
  die(): void {
    this.#isDead = true;
    this.#world.oracles.standing.gatewayGone();
    this.core.yard.stop();
    for (const requestId of [...this.#unread, ...this.#answers.keys()]) this.#world.oracles.broken(requestId);
    this.#unread.clear();
  }

  drain(): void {
    this.#whenAlive(() => void this.core.drain());
  }

  /** The owner does something with a machine, one thing after the other. `begin`: just before; `done`: it holds from now on. */
  change(machineId: string, change: MachineChange, begin: () => void, done: () => void): void {
    const { found } = this.#world;
    this.#whenAlive(() => {
      this.#changing = this.#changing.then(async () => {
        begin();
        await this.core.admin.change(machineId, change).then(done, (error: unknown) => {
          // Somebody has removed it meanwhile, or it does not wait to be let in.
          if (!(error instanceof ApiFailure)) found(error);
        });
      });
    });
  }

  /** The owner says on how many machines models are to stay loaded. */
  setMinimums(minimums: ReadonlyMap<string, number>): void {
    this.#whenAlive(() => this.core.yard.tell({ type: 'minimums-set', minimums: new Map(minimums) }));
  }

  submit(requestId: string, plan: Plan): void {
    this.#unread.add(requestId);
    this.#whenAlive(() => void this.#submit(requestId, plan).catch(this.#world.found));
  }

  withdraw(requestId: string, reason: CancelReason): void {
    this.#whenAlive(() => {
      if (this.#unread.delete(requestId)) {
        this.#world.oracles.left(requestId);
        return this.#world.oracles.ended(requestId, { kind: 'cancelled', reason });
      }
      if (!this.#answers.has(requestId)) return;
      this.#world.oracles.left(requestId);
      this.core.requests.withdraw(requestId, reason);
    });
  }

  open(pipe: Pipe, way: LinkWay): void {
    if (this.#isDead) return;
    const connect = (hearer: Parameters<Pipe['hear']>[0]): Pipe => {
      pipe.hear(hearer);
      return pipe;
    };
    this.core.links.open(connect, { remoteAddress: '', way, onWelcome() {} });
  }

  #whenAlive(run: () => void): void {
    this.clock.whenAwake(() => {
      if (!this.#isDead) run();
    });
  }

  /** As `gateway/http` does it: after a start nobody knows what the name of a model means. */
  async #submit(requestId: string, plan: Plan): Promise<void> {
    const key = this.#world.store.key(plan.keyId);
    try {
      if (key === undefined) throw new ApiFailure(apiError('authentication', 'This key was revoked.'));
      await this.#quotas.meet(key);
      await this.#returning.await(async () => {
        const isKnown = this.core.models().some(({ id }) => id === plan.model);
        if (!isKnown) throw new ApiFailure(apiError('model_not_found', 'It is not known.'));
      });
      if (!this.#unread.has(requestId)) return;
      await this.#quotas.reserve(requestId, key, { inputTokens: plan.promptTokens, maxTokens: plan.pieces });
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      this.#checkUnknown(requestId, plan, error);
      if (this.#unread.delete(requestId)) {
        this.#world.oracles.ended(requestId, { kind: 'rejected', error: error.error });
      }
      return;
    }
    if (this.#isDead) return;
    // Its client may have left meanwhile.
    if (!this.#unread.delete(requestId)) return this.#quotas.release(requestId);
    this.#world.oracles.standing.admitted(requestId, key, this.clock.mostWallMs);
    const answer = this.#newAnswer(requestId, plan);
    this.#answers.set(requestId, answer);
    const { keyId, serviceClass, model, promptTokens: estimatedTokens, pieces: maxTokens } = plan;
    this.core.requests.submit({
      ...{ requestId, keyId, serviceClass, model, maxTokens, scope: keyId, sink: answer, places: null },
      weight: weightOf(keyId),
      needs: { ...noNeeds, estimatedTokens, maxTokens },
      requestJson: JSON.stringify(wireRequest(requestId, plan)),
      prefix: prefixOf(plan),
      ...(plan.waitMs === null ? {} : { waitMs: plan.waitMs }),
      ...wishesOf(plan),
    });
  }

  /**
   * Every machine has the first model, and one that has just been started may be on its way back. Where all have told their models, and
   * each has just lost this one, nobody has it.
   */
  #checkUnknown(requestId: string, { model }: Plan, { error }: ApiFailure): void {
    const ageMs = this.clock.nowMs - this.#startedAtMs;
    if (error.code !== 'model_not_found' || model !== 'tiny' || ageMs >= limits.restartGraceMs) return;
    const expected = this.#world.store.expectedSince(this.#startedAtMs);
    if (expected.length < 2 || expected.every((machineId) => this.#told.has(machineId))) return;
    throw new Violation(`${requestId} was told that its model does not exist, ${ageMs} ms after the gateway began`);
  }

  #newAnswer(requestId: string, plan: Plan): SimulatedAnswer {
    return new SimulatedAnswer(requestId, plan, {
      ...this.#world,
      yard: this.yard,
      requests: this.core.requests,
      onCut: () => this.withdraw(requestId, 'slow-client'),
    });
  }

  #ended(report: RequestReport): void {
    const { requestId, outcome } = report;
    const answer = this.#answers.get(requestId);
    this.#answers.delete(requestId);
    answer?.ended(outcome);
    for (const entered of this.#world.tampering.report(report)) this.#world.oracles.entered(entered);
    this.#quotas.ended(report);
    this.#world.oracles.standing.charged(report, this.#world.store.everyKey(report.keyId), this.clock.mostWallMs);
    this.#world.oracles.ended(requestId, outcome);
  }

  #machines(): Parameters<typeof createGatewayCore>[0]['store']['machines'] {
    const { clock, random, store } = this.#world;
    return {
      // Looking one up takes a moment.
      get: (machineId) =>
        new Promise((resolve) => {
          clock.after(random.between(1, 30), () => resolve(store.machine(machineId)));
        }),
      list: async () => store.list(),
      called: async (machineId) => store.list().filter((machine) => machine.machineId === machineId),
      set: async (machineId, change) => store.set(machineId, change),
    };
  }

  #coreWorld(time: Time): Parameters<typeof createGatewayCore>[1] {
    const { clock, random, oracles, tampering, newLanes, credit, epoch, seen } = this.#world;
    let sessions = 0;
    return {
      time,
      window: credit,
      newNonce: () => String(random.between(0, 2 ** 30)),
      newSessionId: () => {
        sessions += 1;
        return `ses_${epoch}_${sessions}`;
      },
      verifyProof: async (_publicKey, { nonce }, machineId, signature) => signature === `${machineId} signs ${nonce}`,
      newLink: (options) => new SessionLink({ ...options, ...newLanes(), after: clock.after }),
      step: (yard, event, nowMs) =>
        tampering.event(event, yard).flatMap((told) => {
          const effects = step(yard, told, nowMs);
          oracles.stepped(yard, effects);
          for (const effect of effects) {
            if (effect.type === 'machine-changed' && effect.status !== 'live') seen.suspicions += 1;
          }
          return effects.flatMap((effect) => tampering.effect(effect));
        }),
    };
  }

  /** What the oracles find out in the middle of a promise of the product would be lost. */
  #tendQuotas(): void {
    this.clock.after(permitBeatMs, () => {
      void this.#quotas.tend();
      this.#tendQuotas();
    });
  }

  #watch(): void {
    const { seen, found, oracles } = this.#world;
    const { yard } = this.core;
    const tell = yard.tell.bind(yard);
    yard.tell = (event) => {
      if (event.type === 'machine-connected') seen.sessions += 1;
      if (event.type === 'machine-reported' && event.models.length > 0) this.#told.add(event.machineId);
      if (fromFrames.has(event.type) && 'machineId' in event) oracles.silence.heard(event.machineId, oracles.awakeMs);
      try {
        tell(event);
      } catch (error) {
        found(error);
      }
    };
  }
}
