/** Default routes of a Mac. */
import { known } from '../../contract/machine/fact.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { unknownFrom } from '../reading.ts';
import { tidyReadings } from '../text/tidy.ts';

export const macosNetwork: Probe = {
  name: 'macos-network',
  title: 'default route, IPv6',
  reads: ['route -n get default', 'route -n get -inet6 default'],
  platforms: ['macos'],
  timeoutMs: toolTimeoutMs,
  facts: ['network.has_route', 'network.ipv6'],
  read: async (io) => [
    await io.run('route', ['-n', 'get', 'default']),
    await io.run('route', ['-n', 'get', '-inet6', 'default']),
  ],
  parse(readings) {
    const facts: MutableFacts = {};
    const [v4, v6] = tidyReadings(readings);
    if (v4 === undefined) return facts;
    // Without a route it says "not in table" and ends with status 1, or prints no interface.
    const routed = (text: string): boolean => /^\s*interface: \S+\s*$/m.test(text);
    const asked = v4.failure === undefined && /route to: |not in table|writing to routing socket/.test(v4.text);
    facts['network.has_route'] = asked ? known(routed(v4.text) || routed(v6?.text ?? ''), v4.source) : unknownFrom(v4);
    if (asked && v6 !== undefined && v6.failure === undefined)
      facts['network.ipv6'] = known(routed(v6.text), v6.source);
    return facts;
  },
};
