/**
 * Which model a client means.
 *
 * - a model's own id;
 * - `claude-yard-<id>`: the same model under a name that pickers which only show `claude-*` list;
 * - `auto`, `default` and every other `claude-*` name: the yard's default model, because clients
 *   made for Anthropic ask for Anthropic's names and cannot all be told otherwise.
 *
 * Anything else is an error. A `gpt-4` answered by another model would be a silent fallback.
 *
 * The default is a ready model before one that loads, failed or left with its machine; one that is in memory before
 * one that an attached server would have to load; then the one whose file is newest; then the first by id.
 */
import { type ApiError, apiError } from '../contract/errors.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import { type AllowList, isAllowed } from './names/allowed-models.ts';

export interface NamedModel {
  readonly id: string;
  /** Of the model file, epoch ms. */
  readonly createdAtMs: number;
  readonly outlook: ModelOutlook;
  /** Of a model at an attached server. */
  readonly attached?: { readonly loaded: boolean };
}

/** How a model stands on the machine where it stands best. `absent`: only machines have it that are lost or have just come back. */
export type ModelOutlook = MachineModel['status'] | 'absent';

/** Lower is better. */
export const outlookRank = { ready: 0, loading: 1, failed: 2, absent: 3 } as const satisfies Record<
  ModelOutlook,
  number
>;

const twinPrefix = 'claude-yard-';
/** Names shown in an error: enough to choose from, short enough to read. */
const shownNames = 10;

export type ResolvedModel =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly error: ApiError };

/**
 * Finds the model that `asked` names among those available (`availableModels`) that the key may use. A model it may not
 * use is a 403; for everything else it is as if there were no such model.
 */
export function resolveModel(asked: string, known: readonly NamedModel[], allowed: AllowList = null): ResolvedModel {
  const available = known.filter(({ id }) => isAllowed(allowed, id));
  const resolved = resolveAmong(asked, available);
  if (resolved.ok || available.length === known.length) return resolved;
  const forbidden = resolveAmong(asked, known);
  return forbidden.ok ? { ok: false, error: notAllowed(asked, available) } : resolved;
}

function resolveAmong(asked: string, available: readonly NamedModel[]): ResolvedModel {
  const byDefault = inDefaultOrder(available)[0];
  if (byDefault === undefined) return { ok: false, error: noModels(asked) };
  const named = asked.startsWith(twinPrefix) ? asked.slice(twinPrefix.length) : asked;
  for (const id of [asked, named]) if (available.some((model) => model.id === id)) return { ok: true, id };
  // A twin names one model and no other.
  const isOpen = asked === 'auto' || asked === 'default' || (asked.startsWith('claude-') && named === asked);
  if (isOpen) return { ok: true, id: byDefault.id };
  return { ok: false, error: notFound(asked, available) };
}

/** Every name that a model list shows, the default model first, each id followed by its twin. */
export function listModels<Model extends NamedModel>(
  available: readonly Model[],
): { readonly listedId: string; readonly model: Model }[] {
  return inDefaultOrder(available).flatMap((model) => [
    { listedId: model.id, model },
    { listedId: twinPrefix + model.id, model },
  ]);
}

function inDefaultOrder<Model extends NamedModel>(available: readonly Model[]): Model[] {
  return available.toSorted(
    (a, b) =>
      outlookRank[a.outlook] - outlookRank[b.outlook] ||
      Number(isCold(a)) - Number(isCold(b)) ||
      b.createdAtMs - a.createdAtMs ||
      (a.id < b.id ? -1 : Number(a.id > b.id)),
  );
}

const isCold = ({ attached }: NamedModel): boolean => attached?.loaded === false;

function noModels(asked: string): ApiError {
  return apiError(
    'no_machine',
    `model: ${shortened(asked)} cannot be looked up: no machine has told its models yet. Start an agent, or wait a moment for one to connect.`,
    { retryAfterMs: 5_000 },
  );
}

function notAllowed(asked: string, available: readonly NamedModel[]): ApiError {
  const ids = inDefaultOrder(available).map((model) => model.id);
  const may = ids.length === 0 ? 'None of the models it may use is served now' : `It may use: ${shownList(ids)}`;
  return apiError('permission', `model: ${shortened(asked)} is not among the models this API key may use. ${may}.`);
}

/** As many as can be read. */
function shownList(ids: readonly string[]): string {
  const more = ids.length > shownNames ? ` and ${ids.length - shownNames} more (GET /v1/models)` : '';
  return ids.slice(0, shownNames).join(', ') + more;
}

function notFound(asked: string, available: readonly NamedModel[]): ApiError {
  const ids = inDefaultOrder(available).map((model) => model.id);
  const near = ids.filter((id) => isNear(asked, id)).slice(0, 3);
  const question = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  return apiError(
    'model_not_found',
    `model: ${shortened(asked)} is not served here.${question} Available: ${shownList(ids)}. "auto" and claude-* names use ${ids[0]}.`,
  );
}

/** A name comes from outside and may be of any length. */
function shortened(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}...`;
}

/** A slip of the fingers, another case, or a part of the name. */
function isNear(asked: string, id: string): boolean {
  const a = shortened(asked).toLowerCase();
  const b = id.toLowerCase();
  if (a.length >= 3 && (b.includes(a) || a.includes(b))) return true;
  return editDistance(a, b) <= Math.max(1, Math.floor(b.length / 4));
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
