/** Asks the server of a base URL what a client would find there: which credentials it knows, which models it serves. */
import { rootOf } from './base-url.ts';
import type { ClientSetup, Credential } from './setup.ts';

export type CredentialVerdict = 'known' | 'refused' | 'not-asked';

export interface GatewayAnswer {
  readonly kind: 'answered';
  /** In the order of the setup's credentials. */
  readonly credentials: readonly CredentialVerdict[];
  /**
   * Windows in tokens of the models that were asked about: 0 while it is not known, null when the model is not served.
   * Empty without a credential that works.
   */
  readonly windows: ReadonlyMap<string, number | null>;
  /** Ids that could be named instead. */
  readonly served: readonly string[];
}

export type Inquiry =
  | GatewayAnswer
  | { readonly kind: 'unreachable'; readonly why: string }
  /** Its certificate is not trusted; `why` is the code of it. */
  | { readonly kind: 'untrusted'; readonly why: string }
  /** Something answers that is no server of this API. */
  | { readonly kind: 'foreign'; readonly why: string };

/** Of other characters no key is made, and most cannot stand in a header. */
const sendable = /^[\x21-\x7e]+$/;
/** A gateway answers these at once, ms. */
const patienceMs = 5_000;

export async function askGateway(baseUrl: URL, setup: ClientSetup): Promise<Inquiry> {
  const root = rootOf(baseUrl);
  const credentials: CredentialVerdict[] = [];
  let accepted: { readonly credential: Credential; readonly served: readonly string[] } | undefined;
  try {
    for (const credential of setup.credentials) {
      if (credential.secret === undefined) {
        credentials.push('not-asked');
        continue;
      }
      if (!sendable.test(credential.secret)) {
        credentials.push('refused');
        continue;
      }
      const response = await get(`${root}/v1/models?limit=1000`, credential);
      if (response.status === 401 || response.status === 403) credentials.push('refused');
      else {
        const served = response.ok ? idsOf(await bodyOf(response)) : undefined;
        if (served === undefined) return { kind: 'foreign', why: `GET /v1/models has status ${response.status}` };
        credentials.push('known');
        accepted ??= { credential, served };
      }
    }
    if (setup.credentials.length === 0) await get(`${root}/v1/models`);
    const windows = new Map<string, number | null>();
    if (accepted !== undefined) {
      const names = new Set([...setup.models.map(({ id }) => id), ...setup.windows.map(({ model }) => model)]);
      for (const name of names) windows.set(name, await windowOf(root, name, accepted.credential));
    }
    return { kind: 'answered', credentials, windows, served: accepted?.served ?? [] };
  } catch (error) {
    const why = whyUnreachable(error);
    return { kind: /CERT|VERIFY|SELF_SIGNED/.test(why) ? 'untrusted' : 'unreachable', why };
  }
}

const get = (url: string, credential?: Credential): Promise<Response> =>
  fetch(url, {
    headers: {
      'anthropic-version': '2023-06-01',
      ...(credential?.secret === undefined
        ? {}
        : {
            [credential.header]: credential.header === 'x-api-key' ? credential.secret : `Bearer ${credential.secret}`,
          }),
    },
    redirect: 'manual',
    signal: AbortSignal.timeout(patienceMs),
  });

async function windowOf(root: string, name: string, credential: Credential): Promise<number | null> {
  const response = await get(`${root}/v1/models/${encodeURIComponent(name)}`, credential);
  const window = response.ok ? field(await bodyOf(response), 'max_input_tokens') : undefined;
  return typeof window === 'number' ? window : null;
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function idsOf(body: unknown): readonly string[] | undefined {
  const data = field(body, 'data');
  if (!Array.isArray(data)) return undefined;
  return data.map((model) => field(model, 'id')).filter((id) => typeof id === 'string');
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** Never the message of fetch itself: it might repeat what was to be sent. */
function whyUnreachable(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError') return `no answer within ${patienceMs / 1_000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.name;
  return 'code' in cause ? String(cause.code) : cause.message;
}
