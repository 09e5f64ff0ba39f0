import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const proxyCatchesLoopback = landmine({
  code: 'proxy-catches-loopback',
  title: 'A proxy is set, and local addresses are not excepted',
  group: 'network',
  severity: 'warns',
  needs: ['network.proxy'],
  means:
    'Clients that obey the variable send their requests for this very machine to the proxy, which cannot answer them.',
  story:
    'HTTP_PROXY and HTTPS_PROXY are obeyed by curl, Python and many Node programs, for every address that NO_PROXY does not name. ' +
    'A client then reports 502 or 503 for http://127.0.0.1:8787, sent by the proxy.',
  sources: [unverified('Which clients obey the variables for loopback addresses')],
  example: { 'network.proxy': { HTTP_PROXY: 'http://proxy.example:3128' } },
  counterExample: { 'network.proxy': { HTTP_PROXY: 'http://proxy.example:3128', NO_PROXY: 'localhost,127.0.0.1' } },
  judge({ 'network.proxy': proxy }) {
    const value = (name: string): string =>
      Object.entries(proxy).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
    const set = ['http_proxy', 'https_proxy', 'all_proxy'].filter((name) => value(name) !== '');
    if (set.length === 0) return 'ok';
    const excepted = value('no_proxy').split(/[\s,]+/);
    if (excepted.some((entry) => entry === '*' || entry === '127.0.0.1' || entry.startsWith('127.0.0.0/'))) return 'ok';
    return {
      seen: `${set.map((name) => name.toUpperCase()).join(' and ')} ${set.length === 1 ? 'is' : 'are'} set; NO_PROXY does not name 127.0.0.1.`,
      remedy: ['Where your clients are started:', sh('export NO_PROXY="localhost,127.0.0.1,::1,$NO_PROXY"')],
    };
  },
});
