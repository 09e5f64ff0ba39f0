/** The SDKs, as far as the environment sets them up; what code passes to their constructors cannot be seen. */
import { environmentLayer, find, type Setting, variable } from './layers.ts';
import { type ProxySettings, proxyByScheme } from './proxies.ts';
import type { ClientSetup, Credential } from './setup.ts';
import type { World } from './world.ts';

export function sdkSetup(client: 'anthropic-sdk' | 'ai-sdk', world: World): ClientSetup {
  const layers = [environmentLayer(world)];
  const get = (name: string): Setting | undefined => find(layers, 'env', name).setting;
  const baseUrl = get('ANTHROPIC_BASE_URL');
  const key = get('ANTHROPIC_API_KEY');
  // Measured: the AI SDK does not read it.
  const token = client === 'ai-sdk' ? undefined : get('ANTHROPIC_AUTH_TOKEN');
  const credentials: Credential[] = [];
  if (key) credentials.push({ place: key.place, header: 'x-api-key', secret: key.value });
  if (token) credentials.push({ place: token.place, header: 'authorization', secret: token.value });
  return {
    client,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    baseUrlPlace: variable('ANTHROPIC_BASE_URL'),
    credentials,
    keyPlace: variable('ANTHROPIC_API_KEY'),
    models: [],
    windows: [],
    overridden: [],
    unreadable: [],
    unreadableMeans: '',
    detours: [],
    ...proxies(client, world, baseUrl?.value),
    noProxyRanges: false,
  };
}

/** The Python SDK obeys proxy variables always; programs that run in Node only where Node is told to. */
function proxies(client: 'anthropic-sdk' | 'ai-sdk', world: World, baseUrl: string | undefined): ProxySettings {
  const inNode = client === 'ai-sdk' && world.environment.NODE_USE_ENV_PROXY !== '1';
  return inNode ? {} : proxyByScheme([environmentLayer(world)], baseUrl);
}
