/** Anthropic's cursor pages: `limit`, `after_id`, `before_id`. */
import { ApiFailure, apiError } from '../../contract/errors.ts';

const defaultLimit = 20;
const largestLimit = 1_000;

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

/** Cuts one page out of a whole list; a cursor that names nothing gives an empty page. */
export function pageOf<Item extends { readonly id: string }>(
  items: readonly Item[],
  query: Readonly<Record<string, unknown>>,
): Page<Item> {
  const limit = query.limit === undefined ? defaultLimit : Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > largestLimit) {
    throw new ApiFailure(apiError('invalid_request', `limit: Input should be an integer from 1 to ${largestLimit}`));
  }
  let rest = items;
  if (typeof query.after_id === 'string') rest = after(items, query.after_id);
  let backwards = false;
  if (typeof query.before_id === 'string') {
    const index = items.findIndex(({ id }) => id === query.before_id);
    rest = index < 0 ? [] : items.slice(0, index);
    backwards = true;
  }
  const data = backwards ? rest.slice(-limit) : rest.slice(0, limit);
  return {
    data,
    has_more: rest.length > data.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

function after<Item extends { readonly id: string }>(items: readonly Item[], cursor: string): readonly Item[] {
  const index = items.findIndex(({ id }) => id === cursor);
  return index < 0 ? [] : items.slice(index + 1);
}
