/**
 * The agent: one per machine. Loads models in engine children, keeps a link to the gateway, serves
 * tickets. Dials out only, and never loads native code itself.
 */
import { randomBytes } from 'node:crypto';
import type { LoadedModel } from '../contract/engine/raw.ts';
import type { AttachWishes } from '../engines/attached/attach-target.ts';
import { startGuardian } from '../engines/guardian/guardian.ts';
import { nowMs } from '../transport/clock.ts';
import type { MachineIdentity } from '../transport/identity/machine-identity.ts';
import type { Log } from '../transport/log/log.ts';
import type { Trust } from '../transport/tls/trust.ts';
import { assumedPace } from './assumed-pace.ts';
import { AttachedModels } from './attached/attached-models.ts';
import { linkToGateway } from './gateway-link.ts';
import { keptPass } from './kept-pass.ts';
import { watchMachine } from './machine-facts.ts';
import { createMemoryGuard } from './memory-guard.ts';
import type { ModelFile } from './model-files.ts';
import { modelShelf } from './model-shelf.ts';
import { type LoadedFile, ownEngine } from './own-engine.ts';
import { OwnModels } from './own-models.ts';
import { Tickets } from './tickets.ts';
import { watchWay } from './way-watch.ts';

export interface AgentOptions {
  /** Base URL of the gateway. */
  readonly gatewayUrl: string;
  /** How the gateway is known where it speaks TLS. */
  readonly trust?: Trust;
  /** What the gateway calls itself; whoever answers there, when absent. */
  readonly gatewayId?: string;
  readonly identity: MachineIdentity;
  /** How people call this machine. */
  readonly name: string;
  /** GGUF files; without any, only attached servers are served. */
  readonly models: readonly ModelFile[];
  /** Ids of models to load at the start, besides those that were named. */
  readonly preload?: readonly string[];
  /** What all models together may take, bytes; otherwise what is free. */
  readonly memoryBytes?: number;
  /** A model that nobody asked for this long is unloaded, ms; otherwise it stays. */
  readonly unloadAfterMs?: number;
  /** Where it is kept which models are pinned. */
  readonly pinsFile?: string;
  /** Where the pass of the gateway is kept. */
  readonly passFile?: string;
  /** Servers that run already. */
  readonly attach?: AttachWishes;
  /** Where what attached models can do is kept. */
  readonly probesFile?: string;
  /** Where it is kept how long loads of attached servers took; in memory otherwise. */
  readonly loadsFile?: string;
  /** Where it is kept what starts of engines were like. */
  readonly historyFile?: string;
  readonly version: string;
  readonly log: Log;
  /** Tokens per slot; otherwise what fits the machine. */
  readonly contextWindow?: number;
  readonly slots?: number;
  /** Of an engine on the processor; otherwise what suits the machine. */
  readonly threads?: number;
  /** Another engine program that speaks the engine IPC (contract/engine). */
  readonly engineProgram?: string;
}

export interface Agent {
  /** No new tickets; resolves when the running ones have ended. */
  drain(): Promise<void>;
  /** Ends at once: the link, running tickets, the engine child. */
  close(): Promise<void>;
}

/** A load waits so long for the probes: most take a fraction of a second, a hung tool ten, ms. */
const probePatienceMs = 3_000;

/** Returns at once: the model loads and the gateway is dialled in the background. */
export function startAgent(options: AgentOptions): Agent {
  const { log } = options;
  let draining = false;

  const guardian = startGuardian();
  const onChange = () => link.report();
  const engine = ownEngine(options.historyFile);
  const onLoaded = (model: LoadedModel, file: LoadedFile): void => {
    engine.loaded(model, file, machine.facts);
    link.tellFacts();
  };
  const own =
    options.models.length === 0
      ? null
      : new OwnModels({
          ...options,
          files: options.models,
          guardian,
          machineFacts: () => machine.whenKnown(probePatienceMs),
          expectedLoad: (file) => engine.expectedLoad(file, machine.facts),
          busySlots: (model) => tickets.busySlots(model),
          onChange,
          onLoaded,
          onDecode: engine.wrote,
        });
  const isTaken = (id: string) => own?.unavailableBecause(id) !== undefined;
  const attached =
    options.attach === undefined
      ? null
      : new AttachedModels({
          wishes: options.attach,
          probesFile: options.probesFile,
          loadsFile: options.loadsFile,
          log,
          isTaken,
          onChange,
        });
  const models = modelShelf([own, attached].filter((source) => source !== null));
  const tickets = new Tickets({
    models,
    log,
    draining: () => draining,
    pressedBecause: () => memory.pressedBecause,
    assumedPace: (model) => assumedPace({ ...machine.facts, ...engine.facts }, own?.weightBytes(model)),
  });
  const { gatewayUrl, trust = {} } = options;
  const way = watchWay({ gatewayUrl, trust, log, onFacts: () => link.report() });
  const link = linkToGateway({
    gatewayUrl,
    trust,
    ...(options.gatewayId === undefined ? {} : { gatewayId: options.gatewayId }),
    way,
    identity: options.identity,
    program: randomBytes(12).toString('base64url'),
    pass: keptPass(options.passFile, gatewayUrl, log),
    name: options.name,
    version: options.version,
    log,
    tickets,
    wishes: models,
    models: () =>
      models
        .describe((model) => tickets.busySlots(model))
        .map((model) => {
          const pace = model.status === 'ready' ? tickets.paceOf(model.id) : undefined;
          return pace === undefined ? model : { ...model, pace };
        }),
    draining: () => draining,
    pressedBecause: () => memory.pressedBecause,
    facts: () => (machine.facts === undefined ? undefined : { ...machine.facts, ...engine.facts }),
    liveFacts: () => ({ ...machine.live, ...engine.liveFacts, ...way.facts }),
  });
  const memory = createMemoryGuard({
    log,
    nowMs,
    onChange({ admits, unloads, because }) {
      if (unloads) models.rest(because);
      if (admits) models.wake();
      link.report();
    },
  });
  const machine = watchMachine({
    version: options.version,
    modelsPath: options.models[0]?.path,
    log,
    isWorking: () => tickets.running > 0 || own?.isLoading === true,
    onFacts: () => link.tellFacts(),
    onLive(facts) {
      own?.sampled(facts);
      memory.sample(facts);
    },
  });
  models.start();

  return {
    async drain() {
      draining = true;
      link.report();
      await tickets.whenIdle();
    },
    async close() {
      machine.stop();
      way.stop();
      await Promise.all([link.close(), models.close()]);
      await guardian.close();
    },
  };
}
