/** Which models an API key may use: a list of names, of which one that ends in `*` stands for all that begin so. */

/** null: all. */
export type AllowList = readonly string[] | null;

/** Whether a model of this id, also known by `otherNames`, is on the list. */
export function isAllowed(allowed: AllowList, id: string, otherNames: readonly string[] = []): boolean {
  if (allowed === null) return true;
  return [id, ...otherNames].some((name) =>
    allowed.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry)),
  );
}
