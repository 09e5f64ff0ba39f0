/** How a client is set up to reach a server: the same words for all clients, whatever files they read. */
import type { Client } from '../client-settings.ts';
import type { Place, Setting, Unreadable } from './layers.ts';

export interface Credential {
  /** What a person calls it. */
  readonly place: Place;
  readonly header: 'x-api-key' | 'authorization';
  /** The secret; undefined when only the client can know it (a command makes it). Never shown. */
  readonly secret?: string;
}

export interface NamedModel {
  readonly id: string;
  readonly place: Place;
  /** It is asked for; otherwise it is one of a list to choose from. */
  readonly chosen: boolean;
}

/** A place that tells the client the window of a model. */
export interface ToldWindow {
  readonly model: string;
  /** Tokens, as text. */
  readonly setting?: Setting;
  readonly place: Place;
  /** What the client takes it to be when it is not told; completes "it assumes". */
  readonly assumed: string;
}

/** A value that has no effect, because another place says otherwise. */
export interface Overridden {
  readonly name: string;
  readonly winner: Place;
  readonly loser: Place;
}

export interface ClientSetup {
  readonly client: Client;
  /** Of opencode and pi, which have several. */
  readonly provider?: string;
  readonly baseUrl?: Setting;
  /** Where the base URL belongs when there is none. */
  readonly baseUrlPlace: Place;
  /** All that go with each request. */
  readonly credentials: readonly Credential[];
  /** Where the key belongs when there is none. */
  readonly keyPlace: Place;
  readonly models: readonly NamedModel[];
  /** Where the model belongs when none is named; absent when the client does not take it from settings. */
  readonly modelPlace?: Place;
  readonly windows: readonly ToldWindow[];
  readonly overridden: readonly Overridden[];
  readonly unreadable: readonly Unreadable[];
  /** What happens to an unreadable file; completes "The client". */
  readonly unreadableMeans: string;
  /** Switches that send all requests to another provider. */
  readonly detours: readonly Setting[];
  /** The switch of Claude Code's attribution line; absent for other clients. */
  readonly attribution?: { readonly setting?: Setting; readonly place: Place };
  /** The proxy its requests take, and the exceptions. */
  readonly proxy?: Setting;
  readonly noProxy?: Setting;
  /** It understands `10.0.0.0/8` among the exceptions. */
  readonly noProxyRanges: boolean;
}

/** Measured: the AI SDK and opencode, which is built on it, append `/messages`; the others append `/v1/messages`. */
export const wantsV1 = (client: Client): boolean => client === 'ai-sdk' || client === 'opencode';

export const clientNames: Readonly<Record<Client, string>> = {
  'claude-code': 'Claude Code',
  'anthropic-sdk': 'The Anthropic SDK',
  'ai-sdk': 'The AI SDK',
  opencode: 'opencode',
  pi: 'pi',
};
