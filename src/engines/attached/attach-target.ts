/**
 * What `--attach` means: `auto`, or addresses, each with wishes behind a `#`:
 *
 *     http://127.0.0.1:8000#key=env:VLLM_KEY&window=32768&slots=4
 *
 * Keys never stand on the command line, where every user of the machine can read them: they are named by a
 * variable (`env:NAME`) or a file (`file:PATH`).
 */

export interface AttachTarget {
  /** Base address, without a trailing slash and without `/v1`. */
  readonly url: string;
  readonly key?: string | undefined;
  /** Wishes of the owner: tokens of one request, requests at once. */
  readonly window?: number | undefined;
  readonly slots?: number | undefined;
  /** Which models are tried out. */
  readonly probe: 'loaded' | 'all' | 'off';
  /** Nobody named this address; only known servers are looked for. */
  readonly guessed: boolean;
}

export interface AttachWishes {
  /** Look for servers where they usually listen. */
  readonly auto: boolean;
  readonly targets: readonly AttachTarget[];
}

export interface Secrets {
  env(name: string): string | undefined;
  /** Throws when the file cannot be read. */
  file(path: string): string;
}

/** Throws an `Error` whose message says what is wrong and what to write instead. */
export function readAttachFlag(text: string, secrets: Secrets): AttachWishes {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) throw new Error('--attach needs "auto", or addresses such as http://127.0.0.1:11434');
  const named = parts.filter((part) => part !== 'auto');
  return { auto: named.length < parts.length, targets: named.map((part) => readTarget(part, secrets)) };
}

function readTarget(text: string, secrets: Secrets): AttachTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Error(`--attach ${withoutSecrets(text)} is neither "auto" nor an address such as http://127.0.0.1:11434`);
  }
  const shown = `${url.protocol}//${url.host}`;
  if (url.username !== '' || url.password !== '') {
    throw new Error(
      `--attach ${shown}: a password on the command line can be read by every user of this machine. Write #key=env:NAME and set the variable NAME.`,
    );
  }
  const options = new URLSearchParams(url.hash.slice(1));
  for (const name of options.keys()) {
    if (!known.has(name)) {
      throw new Error(`--attach ${shown}: #${name} is not known. There are: ${[...known].join(', ')}`);
    }
  }
  checkPlain(url, shown, options.get('plain-http'));
  const probe = options.get('probe') ?? 'loaded';
  if (probe !== 'loaded' && probe !== 'all' && probe !== 'off') {
    throw new Error(`--attach ${shown}: #probe is loaded, all or off`);
  }
  return {
    url: `${shown}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`,
    key: readKey(options.get('key'), shown, secrets),
    window: readNumber(options, 'window', shown),
    slots: readNumber(options, 'slots', shown),
    probe,
    guessed: false,
  };
}

const known: ReadonlySet<string> = new Set(['key', 'window', 'slots', 'probe', 'plain-http']);

/** Prompts go where the owner sends them; in clear only with the owner's word for it. */
function checkPlain(url: URL, shown: string, allowed: string | null): void {
  if (url.protocol === 'https:' || isLoopback(url.hostname) || allowed === 'allow') return;
  throw new Error(
    `--attach ${shown} would send prompts and answers unencrypted to another machine. Run an agent on that machine, use https, or accept it with #plain-http=allow`,
  );
}

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

function readKey(source: string | null, shown: string, secrets: Secrets): string | undefined {
  if (source === null) return undefined;
  const [, kind, name = ''] = /^(env|file):(.+)$/.exec(source) ?? [];
  if (kind === undefined) {
    throw new Error(
      `--attach ${shown}: a key on the command line can be read by every user of this machine. Write #key=env:NAME or #key=file:PATH`,
    );
  }
  let key: string | undefined;
  try {
    key = kind === 'env' ? secrets.env(name) : secrets.file(name);
  } catch {
    key = undefined;
  }
  const trimmed = key?.trim() ?? '';
  if (trimmed === '') {
    throw new Error(
      `--attach ${shown}: ${kind === 'env' ? `the variable ${name} is not set` : `the file ${name} cannot be read`}`,
    );
  }
  return trimmed;
}

function readNumber(options: URLSearchParams, name: string, shown: string): number | undefined {
  const text = options.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new Error(`--attach ${shown}: #${name} is a whole number above 0`);
  return value;
}

/** An address that could not be read may still hold a password. */
const withoutSecrets = (text: string): string => text.replace(/\/\/[^/@]*@/, '//').replace(/#.*$/, '');
