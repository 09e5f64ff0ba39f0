/** What Node says when a proxy lets a connection not through, as a sentence with a remedy. */

/** `Failed to establish tunnel to HOST via PROXY: HTTP/1.1 407 ...`: the proxy stands there without credentials. */
const refusedTunnel = /^Failed to establish tunnel to \S+ via (\S+): HTTP\/1\.\d (\d{3})\b/;

/** The reason why something could not be reached; words other than those of a proxy's refusal are left as they are. */
export function explainProxy(why: string): string {
  const [, proxy, status] = refusedTunnel.exec(why) ?? [];
  if (status === undefined) return why;
  if (status === '407') {
    return `the proxy ${proxy} wants another user and password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`;
  }
  return `the proxy ${proxy} lets nobody through to it (status ${status}); where it is not needed, NO_PROXY names the gateway`;
}
