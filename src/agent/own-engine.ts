/** What the agent knows of its engine, as facts: the present start, and the starts before it. */
import type { LoadedModel } from '../contract/engine/raw.ts';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { engineFacts } from './engine-facts.ts';
import { EngineHistory } from './engine-history.ts';

export interface OwnEngine {
  readonly facts: Facts;
  /** A load went well; `machine` is what is known of the machine by now. */
  loaded(model: LoadedModel, digest: string, machine: Facts | undefined): void;
}

/** Without a file, nothing is kept over restarts. */
export function ownEngine(historyFile: string | undefined): OwnEngine {
  const history = historyFile === undefined ? undefined : new EngineHistory(historyFile);
  let present: Facts = {};
  return {
    get facts() {
      return { ...present, ...history?.facts() };
    },
    loaded(model, digest, machine) {
      present = engineFacts(model);
      const onGpu = (model.device?.offloadedLayers ?? 0) > 0;
      const driver = knownValue(machine?.['nvidia.driver']) ?? knownValue(machine?.['amd.driver']);
      history?.loaded({ model: digest, build: model.build, loadMs: model.loadMs }, onGpu ? driver : undefined);
    },
  };
}
