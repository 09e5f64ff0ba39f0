/**
 * The models a client is set up with: the main one, and those for Anthropic's other lines, by the gateway's own map of
 * tiers. A client is told one window for all, so a tier whose model has a smaller one falls to the main model.
 */
import type { MachineModel } from '../contract/link/messages.ts';
import type { NamesView } from '../yard/names/view-names.ts';
import type { Connection } from './connect-text.ts';
import { readyModel } from './running-gateway.ts';

export interface ModelsToUse extends Required<Pick<Connection, 'tiers'>> {
  readonly model: MachineModel;
  /** Why a tier is not what the gateway says it is. */
  readonly notes: readonly string[];
}

/** `name`: the owner wants this model, and nothing else. Throws a CommandError when none is ready. */
export function modelsToUse(
  models: readonly MachineModel[],
  names: NamesView | undefined,
  dataDir: string,
  name?: string,
): ModelsToUse {
  const ready = (id: string | null | undefined): MachineModel | undefined =>
    models.find((model) => model.id === id && model.status === 'ready');
  const meaning = (wanted: string): string | null | undefined =>
    names?.choices.find((choice) => choice.name === wanted)?.means ??
    names?.aliases.find((alias) => alias.name === wanted && !alias.hidden)?.means;
  if (name !== undefined) {
    const model = readyModel(models, dataDir, models.some(({ id }) => id === name) ? name : (meaning(name) ?? name));
    return { model, tiers: { large: model, small: model }, notes: [] };
  }
  const model = ready(meaning('default')) ?? readyModel(models, dataDir);
  const notes: string[] = [];
  const tier = (wanted: 'large' | 'small'): MachineModel => {
    const found = ready(meaning(wanted)) ?? model;
    if (found.window >= model.window) return found;
    notes.push(
      `${wanted} means ${found.id} here, but its window of ${found.window} tokens is smaller than that of ${model.id} ` +
        `(${model.window}), and a client is told one window for all: ${model.id} is used for it too.`,
    );
    return model;
  };
  return { model, tiers: { large: tier('large'), small: tier('small') }, notes };
}
