/**
 * The agent: one per machine. Loads a model in an engine child, keeps a link to the gateway, serves
 * tickets. Dials out only, and never loads native code itself.
 */
import { statSync } from 'node:fs';
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
import { watchMachine } from './machine-facts.ts';
import { createMemoryGuard } from './memory-guard.ts';
import { ModelHost } from './model-host.ts';
import { modelShelf } from './model-shelf.ts';
import { type ModelFile, ownEngine } from './own-engine.ts';
import { Tickets } from './tickets.ts';
import { watchWay } from './way-watch.ts';

export interface AgentOptions {
  /** Base URL of the gateway. */
  readonly gatewayUrl: string;
  /** How the gateway is known where it speaks TLS. */
  readonly trust?: Trust;
  readonly identity: MachineIdentity;
  /** How people call this machine. */
  readonly name: string;
  /** GGUF file; without one, only attached servers are served. */
  readonly modelPath?: string;
  /** Servers that run already. */
  readonly attach?: AttachWishes;
  /** Where what attached models can do is kept. */
  readonly probesFile?: string;
  /** Where it is kept what starts of engines were like. */
  readonly historyFile?: string;
  readonly version: string;
  readonly log: Log;
  /** Tokens per slot; otherwise what fits the machine. */
  readonly contextWindow?: number;
  readonly slots?: number;
  /** Another engine program that speaks the engine IPC (contract/engine). */
  readonly engineProgram?: string;
}

export interface Agent {
  /** No new tickets; resolves when the running ones have ended. */
  drain(): Promise<void>;
  /** Ends at once: the link, running tickets, the engine child. */
  close(): Promise<void>;
}

/** Undefined when there is no such file: the load says so. */
function bytesOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
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
  const onLoaded = (model: LoadedModel, file: ModelFile): void => {
    engine.loaded(model, file, machine.facts);
    link.tellFacts();
  };
  const host =
    options.modelPath === undefined
      ? null
      : new ModelHost({
          ...options,
          modelPath: options.modelPath,
          guardian,
          machineFacts: () => machine.whenKnown(probePatienceMs),
          onChange,
          onLoaded,
          onDecode: engine.wrote,
        });
  const isTaken = (id: string) => host?.unavailableBecause(id) !== undefined;
  const attached =
    options.attach === undefined
      ? null
      : new AttachedModels({ wishes: options.attach, probesFile: options.probesFile, log, isTaken, onChange });
  const modelBytes = options.modelPath === undefined ? undefined : bytesOf(options.modelPath);
  const models = modelShelf([host, attached].filter((source) => source !== null));
  const tickets = new Tickets({
    models,
    log,
    draining: () => draining,
    pressedBecause: () => memory.pressedBecause,
    assumedPace: (model) =>
      isTaken(model) ? assumedPace({ ...machine.facts, ...engine.facts }, modelBytes) : undefined,
  });
  const { gatewayUrl, trust = {} } = options;
  const way = watchWay({ gatewayUrl, trust, log, onFacts: () => link.report() });
  const link = linkToGateway({
    gatewayUrl,
    trust,
    way,
    identity: options.identity,
    name: options.name,
    version: options.version,
    log,
    tickets,
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
    modelsPath: options.modelPath,
    log,
    isWorking: () => tickets.running > 0,
    onFacts: () => link.tellFacts(),
    onLive: (facts) => memory.sample(facts),
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
