/**
 * The gateway: HTTP on one side, links to machines on the other, the yard in between. Holds no
 * GPU and makes no decision; see `yard/` for those.
 */
import { apiError } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { unreachable } from '../contract/unreachable.ts';
import { nowMs } from '../transport/clock.ts';
import { linkPasses } from '../transport/identity/link-pass.ts';
import type { Log } from '../transport/log/log.ts';
import type { ApiKey, Store } from '../transport/store/store.ts';
import type { YardEffect } from '../yard/events.ts';
import { leaseOf } from '../yard/lease.ts';
import { awaitedLoad } from '../yard/loads/awaited-load.ts';
import type { NameBook } from '../yard/names/resolve-model.ts';
import { viewNames } from '../yard/names/view-names.ts';
import type { Wishes } from '../yard/routing/circles.ts';
import { waitingOf } from '../yard/routing/decision-of.ts';
import { hasSuspects } from '../yard/suspects.ts';
import { type AvailableModel, availableModels, mayRunOn, nameOnMachine } from '../yard/view.ts';
import { DecisionBook } from './decision-book.ts';
import { openDoors } from './doors.ts';
import { messageOf, offerText } from './effect-messages.ts';
import { addAbsentRoutes } from './http/absent-routes.ts';
import { adminCheck } from './http/admin.ts';
import { hostCheck } from './http/allowed-hosts.ts';
import { addExplainRoute } from './http/explain-route.ts';
import { addFactsRoute } from './http/facts-route.ts';
import { addHealthRoutes } from './http/health-routes.ts';
import { addMachineRoutes } from './http/machines-route.ts';
import { addMessagesRoutes } from './http/messages-route.ts';
import { addModelsRoutes } from './http/models-route.ts';
import { addModelWishRoute, addNamesRoute } from './http/names-route.ts';
import { OpenAnswers } from './http/open-answers.ts';
import { Preparation } from './http/preparation.ts';
import { addApiRoutes, createHttpEdge, type EdgeLimits } from './http/server.ts';
import { addStatusRoute } from './http/status-route.ts';
import { proxyCheck } from './http/visitors.ts';
import { KeyWatch } from './key-watch.ts';
import { viewLinkedYard } from './linked-yard.ts';
import { linkCheck, listen, localUrl, publicUrlOf, type Reach } from './listening.ts';
import { MachineAdmin } from './machine-admin.ts';
import { MachineFacts } from './machine-facts.ts';
import { findingsOfMachines } from './machine-findings.ts';
import { MachineJudge } from './machine-judge.ts';
import { MachineLinks, type MachineSession, type SessionMessage } from './machine-links.ts';
import { ModelAnnouncements, type ModelListener } from './model-announcements.ts';
import { ModelMinimums } from './model-minimums.ts';
import { ModelWishes } from './model-wishes.ts';
import { Quotas } from './quotas.ts';
import { RequestBook } from './request-book.ts';
import { Requests } from './requests.ts';
import { expectedMachines, ReturningMachines } from './returning-machines.ts';
import { thinkingSignatures } from './thinking-signatures.ts';
import { TokenCounts } from './token-counts.ts';
import { runYard, type YardLoop } from './yard-loop.ts';
import { YardWatch } from './yard-watch.ts';

export interface GatewayOptions {
  readonly store: Store;
  readonly log: Log;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Who may reach it, and how; this machine only unless said otherwise. */
  readonly reach?: Reach;
  /** Names and addresses, besides loopback, that clients and machines may call it by. */
  readonly hostNames?: readonly string[];
  /** Of these, the one machines are told; none when only this machine can reach it. */
  readonly publicName?: string | null;
  readonly version: string;
  /** Lets `metalyard status` in. */
  readonly adminToken: string;
  /** Other limits than the usual ones: for tests, which do not wait a minute. */
  readonly edgeLimits?: Partial<EdgeLimits>;
}

export interface Gateway {
  /** Base URL for clients, without `/v1`. */
  readonly url: string;
  /** Base URL for other machines, where they can reach it. */
  readonly publicUrl: string | undefined;
  readonly port: number;
  readonly activeRequests: number;
  /** Models of connected machines, whatever their state. */
  models(): readonly AvailableModel[];
  /** Called after reports of machines, until the returned function is called. */
  onModels(listener: ModelListener): () => void;
  /** No new requests; resolves when the running ones have ended. */
  drain(): Promise<void>;
  /** Ends at once: connections are closed, the ledger is written. The store stays open. */
  close(): Promise<void>;
}

/** How often the yard is told that a machine was heard, ms; leases are fifteen times as long. */
const heardIntervalMs = 1_000;

/** Listens, and rejects with the listener's error (EADDRINUSE) when it cannot. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { store, log } = options;
  const startedAtMs = nowMs();
  const reach = options.reach ?? { kind: 'loopback' };
  const edgeLimits: EdgeLimits = { ...limits, ...options.edgeLimits };
  const passes = linkPasses(store.signingSecret);
  const allowsLink = linkCheck(reach);
  const allowHost = hostCheck(options.hostNames ?? []);
  const isAdmin = adminCheck(options.adminToken);
  const answers = new OpenAnswers();
  const preparation = new Preparation(store.signingSecret);
  const returning = new ReturningMachines({ expected: await expectedMachines(store), nowMs });
  let publicUrl: string | undefined;
  let draining = false;

  const book = new RequestBook(store, log);
  const quotas = new Quotas(store.quotas, log);
  const decisions = new DecisionBook();
  const requests = new Requests({
    tell: (event) => yard.tell(event),
    nowMs,
    report(report) {
      decisions.ended(report);
      // Before its quota is settled: budgets are counted from the ledger.
      book.enter(report);
      quotas.ended(report);
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
  });
  const links = new MachineLinks(store, log, {
    passOf: (machineId) => passes.of(machineId),
    gateways: () => [{ gatewayId: store.gatewayId, urls: publicUrl === undefined ? [] : [publicUrl] }],
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
      yard.tell({ type: 'machine-disconnected', machineId: session.machineId, sessionId: session.sessionId });
      counts.sessionEnded(session.sessionId);
      announcements.announce();
    },
  });
  const facts = new MachineFacts(log);
  const judge = new MachineJudge(facts, log, (event) => yard.tell(event));
  const nameOn = (machineId: string, model: string) => nameOnMachine(yard.state, machineId, model);
  const wishes = new ModelWishes(links, nameOn);
  const counts = new TokenCounts(links, nameOn, (machineId, confines) => mayRunOn(yard.state, machineId, confines));
  const yard: YardLoop = runYard(nowMs, carryOut);
  const watch = new YardWatch(yard.state, log);
  const keyWatch = new KeyWatch(store.keys, yard, log);
  const minimums = new ModelMinimums(store, yard);
  await minimums.begin();
  const models = () => availableModels(yard.state);
  const announcements = new ModelAnnouncements({ models, machines: () => yard.state.machines.size });
  const names = (key: ApiKey, wishes: Wishes | null = null): NameBook<AvailableModel> => ({
    models: models(),
    ...(wishes === null && key.places === null
      ? {}
      : { reachable: availableModels(yard.state, { wishes, places: key.places }) }),
    aliases: store.aliases.current(),
    allowed: key.models,
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
        links.session(effect.sessionId)?.link.sendText('d', ...offerText(effect, request, ownName));
        return;
      }
      case 'send-cancel':
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

  const app = createHttpEdge({
    log,
    rateLimits: (key) => quotas.limitsOf(key),
    onRefused: (requestId, error) => decisions.refused(requestId, error),
    allowHost,
    isProxy: proxyCheck(reach),
    limits: edgeLimits,
  });
  addHealthRoutes(app, {
    notReadyBecause() {
      if (draining) return 'draining';
      const serves = models().some(({ outlook }) => outlook === 'ready' || outlook === 'available');
      return serves ? null : 'no machine has a model ready';
    },
  });
  addMachineRoutes(app, {
    store,
    log,
    isAdmin,
    admin: new MachineAdmin(store, links, log, (event) => {
      if (event.type === 'machine-removed') facts.forget(event.machineId);
      yard.tell(event);
    }),
    allowsLink: ({ socket }) => allowsLink(socket),
  });
  addExplainRoute(app, isAdmin, (requestId) => decisions.explain(requestId, waitingOf(yard.state, requestId)));
  addFactsRoute(app, isAdmin, () => facts.all(nowMs()));
  addModelWishRoute(app, isAdmin, wishes, minimums);
  addNamesRoute(app, isAdmin, () => viewNames(yard.state, store.aliases.current()));
  addStatusRoute(app, isAdmin, () => ({
    gateway: {
      id: store.gatewayId,
      epoch: store.epoch,
      version: options.version,
      uptimeMs: nowMs() - startedAtMs,
      draining,
    },
    ...viewLinkedYard(yard.state, links.sessions),
    health: watch.health,
    models: models(),
    findings: findingsOfMachines(facts.all(nowMs())),
    requests: { active: requests.count },
    // For benchmarks and for whoever wonders: this process alone, microseconds since its start.
    cpu: process.cpuUsage(),
  }));
  await addApiRoutes(app, store, (api) => {
    addMessagesRoutes(api, {
      awaitedLoad: (requestId) => awaitedLoad(yard.state, requestId),
      requests,
      quotas,
      counts,
      answers,
      signatures: thinkingSignatures(store.signingSecret),
      preparation,
      names,
      returning,
      nowMs,
    });
    addModelsRoutes(api, names);
    addAbsentRoutes(api);
  });

  const doors = openDoors(app, {
    reach,
    limits: edgeLimits,
    passes,
    allowHost,
    onPipe: (...pipe) => links.open(...pipe),
  });
  const listener = await listen(app, reach, {
    host: options.host,
    port: options.port,
    limits: edgeLimits,
  });
  const { port } = listener;
  publicUrl = publicUrlOf(reach, options.publicName ?? null, port);

  return {
    url: localUrl(reach, options.host, port),
    publicUrl,
    port,
    get activeRequests() {
      return requests.count;
    },
    models,
    onModels: (listener) => announcements.listen(listener),
    async drain() {
      draining = true;
      yard.tell({ type: 'drain-started' });
      for (const { link } of links.sessions) link.send({ type: 'goaway', message: 'The gateway is stopping.' });
      await requests.whenIdle();
    },
    async close() {
      yard.stop();
      watch.stop();
      keyWatch.stop();
      requests.abandon(
        apiError('draining', 'The gateway was stopped before this answer was complete. Ask again when it is back.', {
          retryAfterMs: 5_000,
        }),
      );
      answers.stop();
      doors.close();
      await listener.close();
      await app.close();
      await preparation.close();
      await book.flush();
      await quotas.close();
    },
  };
}
