import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const websocketBlocked = landmine({
  code: 'websocket-blocked',
  title: 'Something between agent and gateway refuses WebSockets',
  group: 'network',
  severity: 'notes',
  dependsOn: ['tls-intercepted'],
  needs: ['network.websocket'],
  means:
    'The link travels in plain HTTP requests instead. That works, with a little more delay and many more requests.',
  story:
    'The link between agent and gateway is a WebSocket: an HTTP request that turns into a lasting connection by the header "Upgrade". ' +
    'Reverse proxies must be told to pass it on, and some company proxies never do. Then the agent carries the same frames in HTTP requests.',
  sources: [unverified('Which proxies refuse upgrades; the check is a real handshake')],
  example: { 'network.websocket': false },
  counterExample: { 'network.websocket': true },
  judge({ 'network.websocket': works }) {
    if (works) return 'ok';
    return {
      seen: 'A WebSocket handshake with the gateway failed where plain HTTP is answered.',
      remedy: [
        'Nothing need be done. To have the WebSocket back, let the proxy pass upgrades on; in nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
      ],
    };
  },
});
