/** Where requests go: the base URL, a proxy before it, another provider in its place. */
import type { Finding } from '../../contract/machine/finding.ts';
import { endsInV1, hostOf, isExcepted, isNear, rootOf, shownUrl } from './base-url.ts';
import type { ClientCheck, Examination } from './examination.ts';
import { placeFirst, placeText } from './layers.ts';
import { command, give, remove } from './remedies.ts';
import { clientNames, wantsV1 } from './setup.ts';

const anthropicHost = 'api.anthropic.com';

export const checkAddress: ClientCheck = (examination) => [
  ...detours(examination),
  ...baseUrl(examination),
  ...proxy(examination),
];

function baseUrl(examination: Examination): readonly Finding[] {
  const { setup, baseUrl: url, platform, commandLine } = examination;
  const name = clientNames[setup.client];
  const setting = setup.baseUrl;
  const settle = command(commandLine(`env --client ${setup.client}`), platform);
  if (setting === undefined) {
    return [
      {
        code: 'client-base-url-missing',
        severity: 'blocks',
        title: 'No base URL is set',
        seen: `${placeFirst(setup.baseUrlPlace)} is not set.`,
        means: `${name} sends its requests to Anthropic, not to your gateway.`,
        remedy: ['Set what this prints:', settle],
      },
    ];
  }
  const seen = `${placeFirst(setting.place)} is ${shownUrl(setting.value)}.`;
  if (url === null) {
    return [
      {
        code: 'client-base-url-invalid',
        severity: 'blocks',
        title: 'The base URL is not a URL',
        seen,
        means: 'No request can be sent. A base URL begins with http:// or https://.',
        remedy: ['Set what this prints:', settle],
      },
    ];
  }
  if (url.hostname === anthropicHost) {
    return [
      {
        code: 'client-base-url-anthropic',
        severity: 'blocks',
        title: "The base URL is Anthropic's",
        seen,
        means: `${name} sends its requests to Anthropic, not to your gateway.`,
        remedy: ['Set what this prints:', settle],
      },
    ];
  }
  return [...versionPath(examination, url, seen), ...foreign(examination, url), ...untrusted(examination, url)];
}

/** One that has `/v1` where the client adds it, or lacks it where the client does not. */
function versionPath({ setup, platform }: Examination, url: URL, seen: string): readonly Finding[] {
  const name = clientNames[setup.client];
  const wanted = `${rootOf(url)}${wantsV1(setup.client) ? '/v1' : ''}`;
  if (wanted === url.href.replace(/\/+$/, '') || setup.baseUrl === undefined) return [];
  const appended = wantsV1(setup.client) ? '/messages' : '/v1/messages';
  const asked = `${url.href.replace(/\/+$/, '')}${appended}`;
  const lacking = wantsV1(setup.client) && !endsInV1(url);
  return [
    {
      code: lacking ? 'client-base-url-without-v1' : 'client-base-url-with-v1',
      severity: 'blocks',
      title: lacking ? 'The base URL lacks /v1' : 'The base URL says too much',
      seen,
      means: `${name} appends ${appended} and so asks for ${shownUrl(asked)}, which is 404.`,
      remedy: [give(setup.baseUrl.place, shownUrl(wanted), platform)],
    },
  ];
}

function foreign({ setup, inquiry, platform, commandLine }: Examination, url: URL): readonly Finding[] {
  if (inquiry?.kind !== 'foreign') return [];
  return [
    {
      code: 'client-base-url-foreign',
      severity: 'blocks',
      title: 'What answers at the base URL is no gateway',
      seen: `At ${shownUrl(rootOf(url))}, ${inquiry.why}.`,
      means: 'Another program has this address, or the gateway is behind a path of its own.',
      remedy: [
        'Compare the address with the one this prints:',
        command(commandLine(`env --client ${setup.client}`), platform),
      ],
    },
  ];
}

/** A gateway that other machines reach makes a certificate of its own. */
function untrusted({ setup, inquiry, platform }: Examination, url: URL): readonly Finding[] {
  if (inquiry?.kind !== 'untrusted') return [];
  const file = '/path/to/gateway-certificate.pem';
  // Python and what it brings read another variable than Node and Bun.
  const names = setup.client === 'anthropic-sdk' ? ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] : ['NODE_EXTRA_CA_CERTS'];
  return [
    {
      code: 'client-certificate',
      severity: 'blocks',
      title: "The gateway's certificate is not trusted",
      seen: `${shownUrl(rootOf(url))} shows a certificate that no authority known here has signed (${inquiry.why}).`,
      means:
        `${clientNames[setup.client]} ends the connection before it sends anything. That is right unless the certificate is the ` +
        "gateway's own.",
      remedy: [
        "Copy gateway-certificate.pem from the data directory of the gateway's machine, then:",
        ...names.map((name) => give({ kind: 'variable', name }, file, platform)),
      ],
    },
  ];
}

function proxy({ setup, baseUrl: url, platform }: Examination): readonly Finding[] {
  const { proxy: used, noProxy, noProxyRanges, client } = setup;
  if (used === undefined || url === null || !isNear(hostOf(url))) return [];
  if (noProxy !== undefined && isExcepted(noProxy.value, url, noProxyRanges)) return [];
  const host = hostOf(url);
  const exceptions = noProxy === undefined ? host : `${noProxy.value},${host}`;
  return [
    {
      code: 'client-proxy',
      severity: 'breaks',
      title: 'Requests to the gateway take a proxy',
      seen:
        `${placeFirst(used.place)} is ${shownUrl(used.value)}, and ` +
        `${noProxy === undefined ? 'NO_PROXY is not set' : `${placeText(noProxy.place)} does not name ${host}`}.`,
      means:
        `${clientNames[client]} asks the proxy for ${host}, which is this computer or one nearby: the proxy does not reach it, ` +
        'or reads along.',
      remedy: [give(noProxy?.place ?? { kind: 'variable', name: 'NO_PROXY' }, exceptions, platform)],
    },
  ];
}

function detours({ setup, platform }: Examination): readonly Finding[] {
  return setup.detours.map((setting) => ({
    code: 'client-detour',
    severity: 'blocks',
    title: 'All requests go to another provider',
    seen: `${placeFirst(setting.place)} is ${setting.value}.`,
    means: `${clientNames[setup.client]} then does not use the base URL at all.`,
    remedy: [remove(setting.place, platform)],
  }));
}
