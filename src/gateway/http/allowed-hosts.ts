/**
 * The Host allow-list, checked before anything else on every listener. It stops DNS rebinding: a
 * web page that makes its own name point at 127.0.0.1 still sends that name.
 */
const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Says whether a Host header names this gateway. `names` are further host names, without port. */
export function hostCheck(names: readonly string[]): (host: string | undefined) => boolean {
  const allowed = new Set([...loopbackNames, ...names.map((name) => name.toLowerCase())]);
  return (host) => {
    if (host === undefined) return false;
    return allowed.has(host.toLowerCase().replace(/:\d{1,5}$/, ''));
  };
}
