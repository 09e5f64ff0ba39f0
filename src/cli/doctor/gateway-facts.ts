/** The way from this machine to the gateway it has joined, as doctor sees it: looked at anew, whether an agent runs or not. */
import { known, type Unknown, unknown } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { lookAtGateway, lookThroughSocket } from '../../transport/link/look-at-gateway.ts';
import type { JoinedGateway } from '../joined-gateway.ts';

export async function gatewayFacts(joined: JoinedGateway): Promise<Facts> {
  const { url, ...trust } = joined;
  if (!url.startsWith('https:')) return {};
  // The address is the owner's; it is in the data directory for whoever wants it.
  const source = 'connection to the joined gateway';
  const seen = await lookAtGateway(url, trust).catch((error: NodeJS.ErrnoException): Unknown => {
    const why = error.code ?? 'it ended without an answer';
    return unknown('failed', `the joined gateway cannot be reached (${why})`, source);
  });
  if ('known' in seen) {
    return { 'network.tls_intercepted_by': seen, 'network.websocket': seen, 'clock.offset_ms': seen };
  }
  const { stranger = '' } = seen;
  const intercepted: Facts = { 'network.tls_intercepted_by': known(stranger, source) };
  // Behind a stranger's certificate there is no link to try.
  if (stranger !== '') return intercepted;
  const { works, offsetMs } = await lookThroughSocket(url, trust);
  const unasked = works ? 'the gateway is older and does not tell its clock' : 'no WebSocket gets through to ask by';
  return {
    ...intercepted,
    'network.websocket': known(works, source),
    'clock.offset_ms': offsetMs === undefined ? unknown('not-reported', unasked, source) : known(offsetMs, source),
  };
}
