/** The proxy variables a client obeys. Each was measured with a proxy that notes what reaches it. */
import { find, type Layer, type Setting } from './layers.ts';

export interface ProxySettings {
  readonly proxy?: Setting;
  readonly noProxy?: Setting;
}

/** For clients that choose the variable by the scheme of the base URL: opencode, pi, the Python SDK. */
export function proxyByScheme(layers: readonly Layer[], baseUrl: string | undefined): ProxySettings {
  const scheme = baseUrl?.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  return withExceptions(layers, [scheme]);
}

/** Claude Code takes the first it finds, for http and https alike. */
export const anyProxy = (layers: readonly Layer[]): ProxySettings =>
  withExceptions(layers, ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY']);

function withExceptions(layers: readonly Layer[], names: readonly string[]): ProxySettings {
  return { ...some('proxy', firstOf(layers, names)), ...some('noProxy', firstOf(layers, ['NO_PROXY'])) };
}

/** Each name also in small letters, as curl began it. */
function firstOf(layers: readonly Layer[], names: readonly string[]): Setting | undefined {
  return names
    .flatMap((name) => [name.toLowerCase(), name])
    .map((name) => find(layers, 'env', name).setting)
    .find((setting) => setting !== undefined);
}

/** A field that is there only when it has a value. */
function some<Key extends string>(key: Key, setting: Setting | undefined): { readonly [K in Key]?: Setting } {
  return (setting === undefined ? {} : { [key]: setting }) as { readonly [K in Key]?: Setting };
}
