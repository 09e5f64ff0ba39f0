/**
 * What a gateway does between its clients and its machines: sessions, requests, and the yard that decides between them.
 * Without HTTP and without a disk: `gateway.ts` runs it in the world, and the simulation under virtual time.
 */

import type { GatewayPlace } from '../contract/link/handshake.ts';
import { farewell } from '../contract/link/messages.ts';
import { unreachable } from '../contract/unreachable.ts';
import type { OutputAmount } from '../session/credit.ts';
import type { Log } from '../transport/log/log.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { YardEffect } from '../yard/events.ts';
import { leaseOf } from '../yard/lease.ts';
import { step } from '../yard/step.ts';
import { hasSuspects } from '../yard/suspects.ts';
import { availableModels, nameOnMachine } from '../yard/view.ts';
import { DecisionBook } from './decision-book.ts';
import { messageOf, offerKey, offerText } from './effect-messages.ts';
import { LinkTroubles } from './link-troubles.ts';
import { MachineAdmin, type MachineAdminStore } from './machine-admin.ts';
import { MachineFacts } from './machine-facts.ts';
import { MachineJudge } from './machine-judge.ts';
import {
  type LinksWorld,
  MachineLinks,
  type MachineLinksHandlers,
  type MachineLinksStore,
  type MachineSession,
  realLinks,
  type SessionMessage,
} from './machine-links.ts';
import { ModelAnnouncements } from './model-announcements.ts';
import { ModelWishes } from './model-wishes.ts';
import { outputWindow, Requests } from './requests.ts';
import type { ReturningMachines } from './returning-machines.ts';
import { TokenCounts } from './token-counts.ts';
import { runYard, type YardLoop } from './yard-loop.ts';

/** What it needs of the world. */
export interface CoreWorld extends LinksWorld {
  /** The yard's own; what is simulated looks on. */
  readonly step: typeof step;
  /** What an answer may be ahead of its client. */
  readonly window: OutputAmount;
}

export const realCore: CoreWorld = { ...realLinks, step, window: outputWindow };

export interface GatewayCoreOptions {
  readonly store: MachineLinksStore & MachineAdminStore;
  readonly log: Log;
  /** What a machine shows when it comes again. */
  passOf(machineId: string): string;
  /** What a machine that is let in is told of the yard's gateways. */
  gateways(): readonly GatewayPlace[];
  readonly returning: Pick<ReturningMachines, 'missing' | 'heard'>;
  /** A request has ended, once. */
  report(report: RequestReport): void;
}

/** How often the yard is told that a machine was heard, ms; leases are fifteen times as long. */
const heardIntervalMs = 1_000;

export type GatewayCore = ReturnType<typeof createGatewayCore>;

export function createGatewayCore(options: GatewayCoreOptions, world: CoreWorld = realCore) {
  const { store, log, returning } = options;
  const { nowMs } = world.time;
  const decisions = new DecisionBook();
  const requests = new Requests({
    tell: (event) => yard.tell(event),
    nowMs,
    report(report) {
      decisions.ended(report);
      options.report(report);
    },
    hasSuspects: () => hasSuspects(yard.state),
    giveCredit: (sessionId, credit) => links.session(sessionId)?.link.send({ type: 'credit', ...credit }),
    stop(sessionId, requestId, attempt) {
      links.session(sessionId)?.link.send({ type: 'cancel', requestId, attempt, reason: 'superseded' });
    },
    onStray(sessionId, requestId) {
      const machine = links.session(sessionId)?.name;
      log.warn('a machine spoke of work that another one was given: dropped', { machine, requestId });
    },
    window: world.window,
  });
  const troubles = new LinkTroubles(nowMs);
  const handlers: MachineLinksHandlers = {
    troubles,
    passOf: options.passOf,
    gateways: options.gateways,
    awaited: () => returning.missing,
    onOpened(session) {
      const { machineId, sessionId, name, labels, drained, way } = session;
      const lease = leaseOf(session.heartbeatMs, way);
      log.info('machine connected', { machine: name, machineId, way });
      yard.tell({ type: 'machine-connected', machineId, sessionId, name, labels, lease });
      yard.tell({ type: 'machine-held', machineId, held: drained });
    },
    onMessage: hear,
    onAway(session, why) {
      log.info('machine away', { machine: session.name, machineId: session.machineId, why });
      yard.tell({ type: 'machine-away', machineId: session.machineId, sessionId: session.sessionId });
    },
    onResumed(session) {
      const { machineId, sessionId, way } = session;
      log.info('machine back', { machine: session.name, machineId, way });
      yard.tell({ type: 'machine-heard', machineId, sessionId, lease: leaseOf(session.heartbeatMs, way) });
    },
    onPace({ machineId, sessionId, heartbeatMs, way }) {
      yard.tell({ type: 'machine-heard', machineId, sessionId, lease: leaseOf(heartbeatMs, way) });
    },
    onClosed(session, why) {
      log.info('machine disconnected', { machine: session.name, machineId: session.machineId, why });
      const { machineId, sessionId } = session;
      yard.tell({ type: 'machine-disconnected', machineId, sessionId, isFarewell: why === farewell });
      counts.sessionEnded(session.sessionId);
      announcements.announce();
    },
  };
  const links = new MachineLinks(store, log, handlers, world);
  const facts = new MachineFacts(log);
  const judge = new MachineJudge(facts, log, (event) => yard.tell(event));
  const nameOn = (machineId: string, model: string) => nameOnMachine(yard.state, machineId, model);
  const wishes = new ModelWishes(links, nameOn);
  const counts = new TokenCounts(links, () => yard.state);
  const yard: YardLoop = runYard({ time: world.time, step: world.step, carryOut });
  const models = () => availableModels(yard.state);
  const admin = new MachineAdmin(store, links, log, (event) => {
    if (event.type === 'machine-removed') {
      facts.forget(event.machineId);
      troubles.forget(event.machineId);
    }
    yard.tell(event);
  });
  const announcements = new ModelAnnouncements({
    models,
    machines: () => yard.state.machines.size,
    machinesReturn: () => returning.missing > 0,
  });

  function hear(session: MachineSession, message: SessionMessage): void {
    const { machineId, sessionId } = session;
    const now = nowMs();
    // Any frame renews the lease; a report and a beat do so by themselves.
    if (message.type !== 'report' && message.type !== 'beat' && now - session.heardAtMs >= heardIntervalMs) {
      session.heardAtMs = now;
      yard.tell({ type: 'machine-heard', machineId, sessionId });
    }
    switch (message.type) {
      case 'report':
        session.models = message.available === undefined ? message.models : [...message.models, ...message.available];
        if (session.models.length > 0) returning.heard(machineId);
        if (message.live !== undefined) judge.live(session, message.live, now);
        yard.tell({
          type: 'machine-reported',
          machineId,
          sessionId,
          models: session.models,
          draining: message.draining,
          ...(message.pressed === undefined ? {} : { pressed: message.pressed }),
        });
        return announcements.announce();
      case 'beat':
        if (message.live === undefined) judge.heard(session, now);
        else judge.changed(session, message.live, now);
        return yard.tell({ type: 'machine-beat', machineId, sessionId });
      case 'facts':
        return judge.whole(session, message.facts, now);
      case 'accept':
        yard.tell({
          type: 'offer-accepted',
          machineId,
          requestId: message.requestId,
          attempt: message.attempt,
          promptTokens: message.promptTokens,
        });
        return requests.accepted(sessionId, message.requestId, message.attempt, message);
      case 'decline':
        return yard.tell({ ...message, type: 'offer-declined', machineId });
      case 'output':
        return requests.output(sessionId, message.requestId, message.attempt, message.events);
      case 'slots':
        return yard.tell({ ...message, type: 'slots-told', machineId, sessionId });
      case 'cancelled':
        return yard.tell({ ...message, type: 'ticket-cancelled', machineId });
      case 'load-declined':
        log.info('load declined', { machine: session.name, model: message.model, why: message.message });
        wishes.declined(session, message);
        return yard.tell({ ...message, machineId, sessionId });
      case 'counted':
        return counts.counted(sessionId, message.countId, message.result);
      default:
        return unreachable(message);
    }
  }

  function carryOut(effect: YardEffect): void {
    switch (effect.type) {
      case 'send-offer': {
        const request = requests.offered(effect);
        if (request === undefined) return;
        decisions.offered(effect.decision);
        const ownName = nameOnMachine(yard.state, effect.machineId, request.model);
        links
          .session(effect.sessionId)
          ?.link.sendText('d', offerText(effect, request, ownName, world.window), offerKey(effect));
        return;
      }
      case 'send-cancel':
        // What of the offer waits for its turn never goes out; what has gone out is overtaken.
        links.session(effect.sessionId)?.link.withdraw(offerKey(effect));
        links.session(effect.sessionId)?.link.send(messageOf(effect));
        return;
      case 'send-pardon':
      case 'send-load':
      case 'send-keep':
        links.session(effect.sessionId)?.link.send(messageOf(effect));
        return;
      case 'request-queued':
        return requests.queued(effect.requestId, effect.position, effect.etaMs);
      case 'request-assigned':
        return requests.assigned(effect.requestId, effect.attempt, effect.machineId, effect.sessionId);
      case 'attempt-discarded':
        log.warn('attempt lost', { requestId: effect.requestId, attempt: effect.attempt, why: effect.why });
        decisions.discarded(effect.requestId, effect.attempt, effect.why);
        return requests.discarded(effect.requestId, effect.attempt);
      case 'request-ended':
        return requests.ended(effect.requestId, effect.outcome);
      case 'machine-changed':
        if (effect.status !== 'live') log.warn(`machine ${effect.status}`, { machineId: effect.machineId });
        if (effect.status === 'lost') links.endLost(effect);
        return;
      default:
        return unreachable(effect);
    }
  }

  return {
    ...{ requests, links, yard, decisions, admin, wishes, counts, models, announcements },
    /** What is known of machines, with what is wrong with their links. */
    knownMachines: () => troubles.addTo(facts.all(nowMs())),
    /** No new requests; resolves when the running ones have ended. */
    async drain(): Promise<void> {
      yard.tell({ type: 'drain-started' });
      for (const { link } of links.sessions) link.send({ type: 'goaway', message: 'The gateway is stopping.' });
      await requests.whenIdle();
    },
  };
}
