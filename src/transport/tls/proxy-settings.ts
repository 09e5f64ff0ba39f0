/** Whether the variables that name a proxy can be used: Node ignores some that it cannot, without a word. */

type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with them, as a sentence that names the variable and never its value, which may hold a password; null: nothing. */
export function proxyComplaint(env: Environment): string | null {
  const name = ['https_proxy', 'HTTPS_PROXY'].find((each) => (env[each] ?? '') !== '');
  if (name === undefined) {
    const all = ['all_proxy', 'ALL_PROXY'].find((each) => (env[each] ?? '') !== '');
    return all === undefined ? null : `${all} is set, and does not count here: name the proxy in HTTPS_PROXY.`;
  }
  const value = env[name] ?? '';
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return `${name} is not used, as it is no address such as http://HOST:PORT: write http:// before it. A SOCKS proxy cannot be used.`;
  }
  return isReadable(url.username) && isReadable(url.password)
    ? null
    : `${name} cannot be used: its user or password has a % that stands for no character. Write %25 for each %.`;
}

function isReadable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
