import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const websocketBlocked = landmine({
  code: 'websocket-blocked',
  title: 'Something between agent and gateway refuses WebSockets',
  group: 'network',
  severity: 'breaks',
  dependsOn: ['tls-intercepted'],
  needs: ['network.websocket'],
  means: 'The agent reaches the gateway by HTTP and cannot keep its link, so this machine takes no work.',
  story:
    'The link between agent and gateway is a WebSocket: an HTTP request that turns into a lasting connection by the header "Upgrade". ' +
    'Reverse proxies must be told to pass it on, and some company proxies never do.',
  sources: [unverified('Which proxies refuse upgrades; the check is a real handshake')],
  example: { 'network.websocket': false },
  counterExample: { 'network.websocket': true },
  judge({ 'network.websocket': works }) {
    if (works) return 'ok';
    return {
      seen: 'A WebSocket handshake with the gateway failed where plain HTTP is answered.',
      remedy: [
        'In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; Otherwise go round the proxy, for example through SSH:',
        sh('ssh -N -L 8787:127.0.0.1:8787 gateway-host'),
      ],
      effect: { kind: 'no-tickets' },
    };
  },
});
