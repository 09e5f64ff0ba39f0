/** Reading JSON of foreign programs: what is not of the expected type counts as absent. */
import type { JsonObject } from '../../contract/engine/chat.ts';

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Follows names into objects; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) {
    if (!isObject(here) || !Object.hasOwn(here, name)) return undefined;
    here = here[name];
  }
  return here;
}

export const textAt = (value: unknown, ...path: readonly string[]): string | null => {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : null;
};

/** A finite number above 0. */
export const countAt = (value: unknown, ...path: readonly string[]): number | null => {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) && found > 0 ? Math.floor(found) : null;
};

export const flagAt = (value: unknown, ...path: readonly string[]): boolean | null => {
  const found = at(value, ...path);
  return typeof found === 'boolean' ? found : null;
};

/** The objects of a list; null where there is no list. */
export function listAt(value: unknown, ...path: readonly string[]): readonly JsonObject[] | null {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : null;
}

/** Epoch ms of an ISO time; 0 when it is none. */
export function timeOf(text: string | null): number {
  const ms = text === null ? Number.NaN : Date.parse(text);
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
