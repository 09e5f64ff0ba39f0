/** pi's models.json: every provider that speaks the Messages API. Measured with 0.87.1. */
import { join } from 'node:path';
import {
  environmentLayer,
  fileLayers,
  find,
  jsonLayer,
  type Layer,
  namesAt,
  type Place,
  type Setting,
} from './layers.ts';
import { proxyByScheme } from './proxies.ts';
import type { ClientSetup, Credential } from './setup.ts';
import { shownPath, type World } from './world.ts';

const api = 'anthropic-messages';

/** One for each provider; without any, one that says so. */
export function piSetups(world: World): readonly ClientSetup[] {
  const folder = world.environment.PI_CODING_AGENT_DIR || join(world.home, '.pi/agent');
  const file = join(folder, 'models.json');
  const { layers, unreadable } = fileLayers(world, [file]);
  const logins = fileLayers(world, [join(folder, 'auth.json')]);
  // With a file that is not there, the places are those where things belong.
  const place = (...path: readonly string[]) => (layers[0] ?? jsonLayer({}, shownPath(file, world))).placeOf(path);
  const common = {
    client: 'pi',
    unreadable: [...unreadable, ...logins.unreadable],
    unreadableMeans: 'has none of what the file says',
    overridden: [],
    detours: [],
    noProxyRanges: false,
  } as const;
  const setups = namesAt(layers, 'providers')
    .filter((provider) => find(layers, 'providers', provider, 'api').setting?.value === api)
    .map((provider): ClientSetup => {
      const path = ['providers', provider];
      const at = (key: string) => find(layers, ...path, key).setting;
      const baseUrl = at('baseUrl');
      return {
        ...common,
        provider,
        ...(baseUrl === undefined ? {} : { baseUrl }),
        baseUrlPlace: place(...path, 'baseUrl'),
        credentials: credentials(world, at('apiKey'), find(logins.layers, provider, 'key').setting),
        keyPlace: place(...path, 'apiKey'),
        ...listedModels(layers, provider, place),
        ...proxyByScheme([environmentLayer(world)], baseUrl?.value),
      };
    });
  if (setups.length > 0) return setups;
  const baseUrlPlace = place('providers', 'metalyard', 'baseUrl');
  return [{ ...common, baseUrlPlace, keyPlace: baseUrlPlace, credentials: [], models: [], windows: [] }];
}

/** A stored login wins. A key may be a variable's name behind `$`, or a command behind `!`, which only pi runs. */
function credentials(world: World, listed: Setting | undefined, login: Setting | undefined): Credential[] {
  const setting = login ?? listed;
  if (setting === undefined) return [];
  const { place, value } = setting;
  if (value.startsWith('!')) return [{ place, header: 'x-api-key' }];
  const name = /^\$\{?(\w+)\}?$/.exec(value)?.[1];
  const secret = name === undefined ? value : world.environment[name];
  return secret ? [{ place, header: 'x-api-key', secret }] : [];
}

/** `models` is a list, so its members have numbers for names. */
function listedModels(
  layers: readonly Layer[],
  provider: string,
  place: (...path: readonly string[]) => Place,
): Pick<ClientSetup, 'models' | 'windows'> {
  const path = ['providers', provider, 'models'];
  const listed = namesAt(layers, ...path).flatMap((index) => {
    const id = find(layers, ...path, index, 'id').setting;
    if (id === undefined) return [];
    const { setting } = find(layers, ...path, index, 'contextWindow');
    return [{ id, window: setting, place: place(...path, index, 'contextWindow') }];
  });
  return {
    models: listed.map(({ id }) => ({ id: id.value, place: id.place, chosen: false })),
    windows: listed.map(({ id, window, place: belongs }) => ({
      model: id.value,
      ...(window === undefined ? {} : { setting: window }),
      place: belongs,
      assumed: '128000 tokens',
    })),
  };
}
