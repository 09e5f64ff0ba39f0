/** Environment variables that change what an engine or the network does here. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { everywhere, fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { lines } from '../text/lines.ts';

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];

export const hostEnvironment: Probe = {
  name: 'host-environment',
  title: 'proxy variables, overrides of the AMD target',
  reads: [...proxies, 'HSA_OVERRIDE_GFX_VERSION'].map((name) => `$${name}`),
  platforms: everywhere,
  timeoutMs: fileTimeoutMs,
  facts: ['network.proxy', 'amd.override'],
  async read(io) {
    const named = Object.entries(io.env).filter(
      ([name, value]) =>
        value && (proxies.includes(name.toUpperCase()) || /^HSA_OVERRIDE_GFX_VERSION(_\d+)?$/.test(name)),
    );
    return [{ source: 'environment', text: named.map(([name, value]) => `${name}=${value}\n`).join('') }];
  },
  parse: parseWith([], parseText),
};

function parseText(text: string, source: string): MutableFacts {
  const pairs = lines(text).flatMap((line) => {
    const match = /^(\w+)=(.+)$/.exec(line);
    return match === null ? [] : [[match[1]!, match[2]!] as const];
  });
  // Not a list of variables.
  if (pairs.length !== lines(text).filter((line) => line !== '').length) return {};
  const facts: MutableFacts = {};
  const proxy = pairs.filter(([name]) => proxies.includes(name.toUpperCase()));
  // An empty list is an answer: no proxy is set.
  facts['network.proxy'] = known(
    Object.fromEntries(proxy.map(([name, value]) => [name, withoutPassword(value)])),
    source,
  );
  const overrides = pairs.filter(([name]) => name.startsWith('HSA_OVERRIDE_GFX_VERSION'));
  if (overrides.length > 0)
    facts['amd.override'] = known(overrides.map(([name, value]) => `${name}=${value}`).join(' '), source);
  return facts;
}

/** `http://user:password@host` goes to no gateway and no report. */
const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//');
