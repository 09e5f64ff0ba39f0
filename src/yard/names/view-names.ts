/** What the yard has and what names mean, for `metalyard models ls` and `metalyard alias ls`. */
import type { LoadTimes } from '../../contract/link/load-times.ts';
import { nameParts } from '../../contract/model-name.ts';
import { type MinimumView, viewMinimums } from '../loads/minimums.ts';
import type { YardState } from '../state.ts';
import { availableModels, modelCopies } from '../view.ts';
import { type Aliases, followAlias } from './aliases.ts';
import { tiers } from './choose-model.ts';
import { byQuality, type ModelOutlook } from './named-model.ts';
import { resolveModel } from './resolve-model.ts';

export interface CopyView {
  readonly machine: string;
  readonly machineId: string;
  /** What the machine calls it. */
  readonly ownName: string;
  readonly outlook: ModelOutlook;
  /** In memory. */
  readonly loaded: boolean;
  /** It stays there: its owner pinned it, or it is one of those that `minimums` count on. */
  readonly stays: 'pinned' | 'kept' | null;
  readonly window: number;
  /** `gguf`, or the kind of its server; null when the machine does not tell. */
  readonly format: string | null;
  /** The file, or its name at the server. */
  readonly file: string | null;
  readonly quantisation: string | null;
  readonly digest: string;
  /** How long its next load takes, ms, and what loads took there; null when the machine does not tell. */
  readonly loadMs: number | null;
  readonly loadTimes: LoadTimes | null;
}

export interface ModelView {
  readonly id: string;
  readonly family: string;
  /** 1 is the best. */
  readonly rank: number;
  readonly quality: number | null;
  readonly parameters: number | null;
  readonly quantisation: string | null;
  readonly window: number;
  readonly tools: boolean;
  readonly thinking: boolean;
  readonly vision: boolean;
  readonly outlook: ModelOutlook;
  readonly warm: boolean;
  readonly otherNames: readonly string[];
  readonly copies: readonly CopyView[];
}

export interface AliasView {
  readonly name: string;
  readonly target: string;
  /** The model it means at the moment; null when there is none. */
  readonly means: string | null;
  /** A model has this name itself, so the alias is not looked at. */
  readonly hidden: boolean;
}

export interface NamesView {
  /** The best first. */
  readonly models: readonly ModelView[];
  /** `auto` and the tiers, and what a request without needs of its own would get by them. */
  readonly choices: readonly { readonly name: string; readonly means: string | null }[];
  readonly aliases: readonly AliasView[];
  readonly minimums: readonly MinimumView[];
}

export function viewNames(yard: YardState, aliases: Aliases): NamesView {
  const known = availableModels(yard);
  const meaningOf = (name: string): string | null => {
    const resolved = resolveModel(name, { models: known, aliases, allowed: null });
    return resolved.ok ? resolved.model.id : null;
  };
  const copiesOf = modelCopies(yard);
  const models = known.toSorted(byQuality).map((model, index): ModelView => {
    const { id, quality, parameters, window, tools, thinking, vision, outlook, warm, otherNames } = model;
    const { family, quantisation } = nameParts(id);
    const copies = (copiesOf.get(id)?.copies ?? []).map(
      ({ machineId, ownName, outlook: copyOutlook, report }): CopyView => {
        const { artefact, attached, digest } = report;
        return {
          machine: yard.machines.get(machineId)?.name ?? machineId,
          machineId,
          ownName,
          outlook: copyOutlook,
          loaded: copyOutlook !== 'absent' && report.status === 'ready' && attached?.loaded !== false,
          stays: report.pinned === true ? 'pinned' : report.kept === true ? 'kept' : null,
          window: report.window,
          format: artefact?.format ?? null,
          file: artefact?.name ?? null,
          quantisation: artefact?.quantisation ?? null,
          digest,
          loadMs: report.loadMs ?? null,
          loadTimes: report.loadTimes ?? null,
        };
      },
    );
    const limits = { window, tools, thinking, vision };
    return {
      id,
      family,
      rank: index + 1,
      quality,
      parameters,
      quantisation,
      ...limits,
      outlook,
      warm,
      otherNames,
      copies,
    };
  });
  return {
    models,
    choices: ['auto', ...tiers].map((name) => ({ name, means: meaningOf(name) })),
    aliases: Array.from(aliases, ([name, target]) => ({
      name,
      target,
      means: meaningOf(followAlias(target, aliases).at(-1) ?? target),
      hidden: known.some(({ id }) => id === name),
    })),
    minimums: viewMinimums(yard),
  };
}
