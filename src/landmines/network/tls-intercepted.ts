import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const tlsIntercepted = landmine({
  code: 'tls-intercepted',
  title: 'Another certificate than that of the gateway is shown',
  group: 'network',
  severity: 'breaks',
  dependsOn: ['clock-skew'],
  needs: ['network.tls_intercepted_by'],
  means:
    'A proxy or a virus scanner opens the encrypted connection on its way and could read every prompt. The agent refuses to go on.',
  story:
    'Company proxies and some security programs end TLS themselves and show a certificate of their own, which the operating system was ' +
    'told to trust. The agent knows the certificate of its gateway and does not accept another one. When no link comes about it looks ' +
    'who shows a certificate there and names the issuer in its log; doctor looks for itself.',
  sources: [unverified('Which products do so; the check compares what is shown with what was pinned')],
  example: { 'network.tls_intercepted_by': 'Example Corp Web Gateway CA' },
  counterExample: { 'network.tls_intercepted_by': '' },
  judge({ 'network.tls_intercepted_by': issuer }) {
    if (issuer === '') return 'ok';
    return {
      seen: `The address of the gateway shows a certificate issued by "${issuer}".`,
      remedy: [
        'Ask for an exception for the gateway, or reach it through SSH. Where the proxy is yours and may read everything, join anew with its authority (--ca-file).',
        sh('ssh -N -L 8787:127.0.0.1:8787 gateway-host'),
      ],
      effect: { kind: 'last-resort' },
    };
  },
});
