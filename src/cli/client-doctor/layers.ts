/**
 * A client's settings come from several places, and the later ones win. A layer is one of them: the environment, or a
 * file. What is looked up keeps where it stood, so that a finding can name it.
 */
import { parseJsonc } from './parse-jsonc.ts';
import { shownPath, type World } from './world.ts';

/** A variable of the environment, or a key of a file (or of a variable that holds one). */
export type Place =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'key'; readonly key: string; readonly holder: string };

export interface Setting {
  readonly value: string;
  readonly place: Place;
}

export interface Layer {
  readonly root: unknown;
  placeOf(path: readonly string[]): Place;
}

/** A file that is there and of no use. */
export interface Unreadable {
  readonly file: string;
  readonly why: string;
}

export interface Layers {
  /** The weakest first. */
  readonly layers: readonly Layer[];
  readonly unreadable: readonly Unreadable[];
}

/** As a person would say where it is. */
export const placeText = (place: Place): string =>
  place.kind === 'variable' ? `the variable ${place.name}` : `${place.key} in ${place.holder}`;

/** The same at the beginning of a sentence; a key is spelt as it is. */
export const placeFirst = (place: Place): string => placeText(place).replace(/^the /, 'The ');

export const variable = (name: string): Place => ({ kind: 'variable', name });

/** The variables of the environment, under the key `env` as Claude Code's files have it. */
export const environmentLayer = ({ environment }: World): Layer => ({
  root: { env: environment },
  placeOf: (path) => variable(path.at(-1) ?? ''),
});

/** A layer of JSON text. `holder`: the file, or the variable, that holds it. */
export const jsonLayer = (root: unknown, holder: string): Layer => ({
  root,
  placeOf: (path) => ({ kind: 'key', key: path.map(keyText).join('.'), holder }),
});
// A model id may hold dots.
const keyText = (key: string): string => (/^[\w@/-]+$/.test(key) ? key : `"${key}"`);

/** Reads those of the files that are there. `parse` is JSON.parse, or knows comments. */
export function fileLayers(
  world: World,
  files: readonly string[],
  parse: (text: string) => unknown = parseJsonc,
): Layers {
  const layers: Layer[] = [];
  const unreadable: Unreadable[] = [];
  for (const path of files) {
    const file = shownPath(path, world);
    try {
      const text = world.readText(path);
      if (text !== undefined) layers.push(jsonLayer(parse(text), file));
    } catch (error) {
      const why = error instanceof SyntaxError ? 'it is not valid JSON' : `it cannot be read (${reasonOf(error)})`;
      unreadable.push({ file, why });
    }
  }
  return { layers, unreadable };
}

// Of a message only the code: it would repeat the path, and a parser's repeats content.
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';

export interface Found {
  readonly setting?: Setting;
  /** Where the strongest layer has it, if only as an empty text. */
  readonly strongest?: Place;
  /** Other values of weaker layers, which have no effect. */
  readonly hidden: readonly Setting[];
}

/** The value of the strongest layer that has one. An empty text is a value to the layers, and none to the client. */
export function find(layers: readonly Layer[], ...path: readonly string[]): Found {
  const settings = layers.toReversed().flatMap((layer): Setting[] => {
    const value = valueAt(layer.root, path);
    const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return scalar ? [{ value: String(value), place: layer.placeOf(path) }] : [];
  });
  const [winner, ...weaker] = settings;
  const hidden = weaker.filter(({ value }) => value !== winner?.value && value !== '');
  if (winner === undefined) return { hidden };
  const strongest = winner.place;
  return winner.value === '' ? { strongest, hidden } : { setting: winner, strongest, hidden };
}

/** Names of the members at a path, of all layers. */
export function namesAt(layers: readonly Layer[], ...path: readonly string[]): readonly string[] {
  const names = layers.flatMap((layer) => {
    const value = valueAt(layer.root, path);
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  });
  return [...new Set(names)];
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined,
    root,
  );
}
