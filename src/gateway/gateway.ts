/**
 * The gateway: HTTP on one side, links to machines on the other, the yard in between. Holds no
 * GPU and makes no decision; see `yard/` for those.
 */
import { apiError } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { nowMs } from '../transport/clock.ts';
import { linkPasses } from '../transport/identity/link-pass.ts';
import type { Log } from '../transport/log/log.ts';
import type { ApiKey, Store } from '../transport/store/store.ts';
import { realTime } from '../transport/time.ts';
import { awaitedLoad } from '../yard/loads/awaited-load.ts';
import type { NameBook } from '../yard/names/resolve-model.ts';
import { viewNames } from '../yard/names/view-names.ts';
import { isLeftToOthers } from '../yard/queue/last-slot.ts';
import { permitBeatMs } from '../yard/quota/held-permits.ts';
import type { Wishes } from '../yard/routing/circles.ts';
import { waitingOf } from '../yard/routing/decision-of.ts';
import { type AvailableModel, availableModels } from '../yard/view.ts';
import { openDoors } from './doors.ts';
import { createGatewayCore } from './gateway-core.ts';
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
import { findingsOfMachines } from './machine-findings.ts';
import type { ModelListener } from './model-announcements.ts';
import { ModelMinimums } from './model-minimums.ts';
import { Quotas } from './quotas.ts';
import { RequestBook } from './request-book.ts';
import { expectedMachines, ReturningMachines } from './returning-machines.ts';
import { thinkingSignatures } from './thinking-signatures.ts';
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
  const returning = new ReturningMachines({ expected: await expectedMachines(store), time: realTime });
  let publicUrl: string | undefined;
  let draining = false;

  const book = new RequestBook(store, log);
  const quotas = new Quotas(store.quotas, log);
  const permitBeat = setInterval(() => void quotas.tend(), permitBeatMs).unref();
  const core = createGatewayCore({
    ...{ store, log, returning },
    passOf: (machineId) => passes.of(machineId),
    gateways: () => [{ gatewayId: store.gatewayId, urls: publicUrl === undefined ? [] : [publicUrl] }],
    report(report) {
      // Before its quota is settled: budgets are counted from the ledger.
      book.enter(report);
      quotas.ended(report);
    },
  });
  const { requests, links, yard, decisions, admin, wishes, counts, models, announcements } = core;
  const watch = new YardWatch(yard.state, log);
  const keyWatch = new KeyWatch(store.keys, yard, log);
  const minimums = new ModelMinimums(store, yard);
  await minimums.begin();
  const names = (key: ApiKey, wishes: Wishes | null = null): NameBook<AvailableModel> => ({
    models: models(),
    ...(wishes === null && key.places === null
      ? {}
      : { reachable: availableModels(yard.state, { wishes, places: key.places }) }),
    aliases: store.aliases.current(),
    allowed: key.models,
  });

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
    admin,
    allowsLink: ({ socket }) => allowsLink(socket),
  });
  addExplainRoute(app, isAdmin, (requestId) => decisions.explain(requestId, waitingOf(yard.state, requestId)));
  addFactsRoute(app, isAdmin, () => core.knownMachines());
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
    findings: findingsOfMachines(core.knownMachines()),
    requests: { active: requests.count },
    // For benchmarks and for whoever wonders: this process alone, microseconds since its start.
    cpu: process.cpuUsage(),
  }));
  await addApiRoutes(app, store, (api) => {
    addMessagesRoutes(api, {
      awaitedLoad: (requestId) => awaitedLoad(yard.state, requestId),
      isLeftToOthers: (requestId) => isLeftToOthers(yard.state, requestId),
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
    log,
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
      await core.drain();
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
      clearInterval(permitBeat);
      await quotas.close();
    },
  };
}
