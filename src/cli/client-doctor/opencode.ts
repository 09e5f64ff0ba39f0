/**
 * opencode's configuration: every provider that speaks the Messages API at an address of its own. Which of its many
 * files wins was measured with 1.18.33 (`opencode debug config`).
 */
import { isAbsolute, join } from 'node:path';
import {
  environmentLayer,
  fileLayers,
  find,
  jsonLayer,
  type Layer,
  type Layers,
  namesAt,
  type Setting,
} from './layers.ts';
import { parseJsonc } from './parse-jsonc.ts';
import { proxyByScheme } from './proxies.ts';
import type { ClientSetup, Credential, NamedModel, Overridden, ToldWindow } from './setup.ts';
import { foldersToRoot, type World } from './world.ts';

const contentVariable = 'OPENCODE_CONFIG_CONTENT';
const anthropicPackage = '@ai-sdk/anthropic';

/** One for each provider with an address of its own; without any, one that says so. */
export function opencodeSetups(world: World): readonly ClientSetup[] {
  const { layers, unreadable } = configuration(world);
  const environment = [environmentLayer(world)];
  const common = {
    client: 'opencode',
    unreadable,
    unreadableMeans: 'does not start with it',
    detours: [],
    noProxyRanges: false,
  } as const;
  const setups = namesAt(layers, 'provider')
    .filter((name) => speaksMessages(layers, name))
    .map((provider): ClientSetup => {
      const at = (...path: readonly string[]) => find(layers, 'provider', provider, ...path).setting;
      // Measured: the variable counts where the provider has no address.
      const baseUrl =
        substituted(world, at('options', 'baseURL')) ?? find(environment, 'env', 'ANTHROPIC_BASE_URL').setting;
      return {
        ...common,
        provider,
        ...(baseUrl === undefined ? {} : { baseUrl }),
        baseUrlPlace: placeIn(layers, 'provider', provider, 'options', 'baseURL'),
        credentials: credentials(world, substituted(world, at('options', 'apiKey'))),
        keyPlace: placeIn(layers, 'provider', provider, 'options', 'apiKey'),
        ...models(layers, provider),
        modelPlace: placeIn(layers, 'model'),
        overridden: [
          ...overriddenAt(layers, 'provider', provider, 'options', 'baseURL'),
          ...overriddenAt(layers, 'provider', provider, 'options', 'apiKey'),
          ...overriddenAt(layers, 'model'),
          ...overriddenAt(layers, 'small_model'),
        ],
        ...proxyByScheme(environment, baseUrl?.value),
      };
    })
    .filter(({ baseUrl }) => baseUrl !== undefined);
  if (setups.length > 0) return setups;
  const baseUrlPlace = placeIn(layers, 'provider', 'metalyard', 'options', 'baseURL');
  return [
    { ...common, baseUrlPlace, keyPlace: baseUrlPlace, credentials: [], models: [], windows: [], overridden: [] },
  ];
}

const speaksMessages = (layers: readonly Layer[], provider: string): boolean => {
  const npm = find(layers, 'provider', provider, 'npm').setting?.value;
  return npm === anthropicPackage || (npm === undefined && provider === 'anthropic');
};

/** All its layers, the weakest first. */
function configuration(world: World): Layers {
  const { environment, home } = world;
  const global = join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'opencode');
  const inFolder = (folder: string) => [join(folder, 'opencode.json'), join(folder, 'opencode.jsonc')];
  const folders = foldersToRoot(world);
  const project = environment.OPENCODE_DISABLE_PROJECT_CONFIG
    ? []
    : [
        // Nearer files win, but of the folders `.opencode` the farther ones do.
        ...folders.toReversed().flatMap(inFolder),
        ...folders.flatMap((folder) => inFolder(join(folder, '.opencode'))),
      ];
  const files = [
    join(global, 'config.json'),
    ...inFolder(global),
    ...(environment.OPENCODE_CONFIG ? [environment.OPENCODE_CONFIG] : []),
    ...project,
    ...inFolder(join(home, '.opencode')),
    ...(environment.OPENCODE_CONFIG_DIR ? inFolder(environment.OPENCODE_CONFIG_DIR) : []),
  ];
  // A file that is met twice counts where it is met last.
  const unique = files.filter((file, index) => files.lastIndexOf(file) === index);
  const { layers, unreadable } = fileLayers(world, unique);
  const content = environment[contentVariable];
  if (!content) return { layers, unreadable };
  const holder = `the variable ${contentVariable}`;
  try {
    return { layers: [...layers, jsonLayer(parseJsonc(content), holder)], unreadable };
  } catch {
    return { layers, unreadable: [...unreadable, { file: holder, why: 'it is not valid JSON' }] };
  }
}

/** `{env:NAME}` and `{file:PATH}` stand for a variable and for the content of a file. */
function substituted(world: World, setting: Setting | undefined): Setting | undefined {
  if (setting === undefined) return undefined;
  const value = setting.value
    .replace(/\{env:([^}]+)\}/g, (_, name: string) => world.environment[name] ?? '')
    .replace(/\{file:([^}]+)\}/g, (_, path: string) => fileText(world, path) ?? '');
  return value === '' ? undefined : { ...setting, value };
}

function fileText(world: World, path: string): string | undefined {
  const full = path.startsWith('~/') ? join(world.home, path.slice(2)) : path;
  // Relative to the file that names it, which may be any of several: left to opencode.
  if (!isAbsolute(full)) return undefined;
  try {
    return world.readText(full)?.trim();
  } catch {
    return undefined;
  }
}

function credentials(world: World, key: Setting | undefined): Credential[] {
  const used = key ?? find([environmentLayer(world)], 'env', 'ANTHROPIC_API_KEY').setting;
  return used === undefined ? [] : [{ place: used.place, header: 'x-api-key', secret: used.value }];
}

/** `model` and `small_model`, where they are of this provider, and the list of its models. */
function models(layers: readonly Layer[], provider: string): Pick<ClientSetup, 'models' | 'windows'> {
  const chosen = ['model', 'small_model'].flatMap((key): NamedModel[] => {
    const { setting } = find(layers, key);
    if (!setting?.value.startsWith(`${provider}/`)) return [];
    return [{ id: setting.value.slice(provider.length + 1), place: setting.place, chosen: true }];
  });
  const listed = namesAt(layers, 'provider', provider, 'models').map((key) => {
    const path = ['provider', provider, 'models', key];
    const id = find(layers, ...path, 'id').setting?.value ?? key;
    const { setting } = find(layers, ...path, 'limit', 'context');
    const window: ToldWindow = {
      model: id,
      ...(setting === undefined ? {} : { setting }),
      place: setting?.place ?? placeIn(layers, ...path, 'limit', 'context'),
      assumed: 'that there is no limit',
    };
    return { id, place: placeIn(layers, ...path), window };
  });
  const others = listed.filter(({ id }) => chosen.every((model) => model.id !== id));
  return {
    models: [...chosen, ...others.map(({ id, place }) => ({ id, place, chosen: false }))],
    windows: listed.map(({ window }) => window),
  };
}

/** Where a key is, or belongs: in the strongest layer that has most of its path. */
function placeIn(layers: readonly Layer[], ...path: readonly string[]) {
  const strongest = layers.toReversed();
  for (let length = path.length; length > 0; length--) {
    const layer = strongest.find((candidate) =>
      namesAt([candidate], ...path.slice(0, length - 1)).includes(path[length - 1] ?? ''),
    );
    if (layer !== undefined) return layer.placeOf(path);
  }
  return jsonLayer({}, 'opencode.json').placeOf(path);
}

function overriddenAt(layers: readonly Layer[], ...path: readonly string[]): Overridden[] {
  const { setting, hidden } = find(layers, ...path);
  const [loser] = hidden;
  // What is given for one session overrides files on purpose.
  if (setting === undefined || loser === undefined || isContent(setting)) return [];
  return [{ name: path.join('.'), winner: setting.place, loser: loser.place }];
}
const isContent = ({ place }: Setting): boolean => place.kind === 'key' && place.holder.endsWith(contentVariable);
