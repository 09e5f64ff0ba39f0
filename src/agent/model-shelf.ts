/** All models of this machine, whatever they come from. */
import type { MachineModel } from '../contract/link/messages.ts';
import type { ModelSource, ReadyModel } from './ready-model.ts';

/** Several sources as one. Where two have a model of one name, the first one's counts. */
export function modelShelf(sources: readonly ModelSource[]): ModelSource {
  return {
    start() {
      for (const source of sources) source.start();
    },
    describe(busySlots) {
      const models = new Map<string, MachineModel>();
      for (const source of sources) {
        for (const model of source.describe(busySlots)) if (!models.has(model.id)) models.set(model.id, model);
      }
      return [...models.values()];
    },
    find: (id) => firstOf(sources, (source) => source.find(id)),
    count: (id, request, signal) => firstOf(sources, (source) => source.count(id, request, signal)),
    givesWay: (id) => sources.some((source) => source.givesWay(id)),
    load: (id) => firstOf(sources, (source) => source.load(id)),
    wish: (id, wish) => firstOf(sources, (source) => source.wish(id, wish)),
    keep(id, isKept) {
      for (const source of sources) source.keep(id, isKept);
    },
    keepNone() {
      for (const source of sources) source.keepNone();
    },
    unavailableBecause: (id) => firstOf(sources, (source) => source.unavailableBecause(id)),
    rest(because) {
      for (const source of sources) source.rest(because);
    },
    wake() {
      for (const source of sources) source.wake();
    },
    forgiveCrash(model: ReadyModel) {
      for (const source of sources) source.forgiveCrash(model);
    },
    async close() {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

function firstOf<Value>(sources: readonly ModelSource[], ask: (source: ModelSource) => Value | undefined) {
  for (const source of sources) {
    const answer = ask(source);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
