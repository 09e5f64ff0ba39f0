/** What passes between a test and the two processes of a light fleet, over the IPC channel of `fork`. */

/** An Ed25519 key pair; PKCS #8 DER, base64. */
export interface LightMachine {
  readonly name: string;
  readonly privateKey: string;
}

/** Time of one process, all threads, ms. */
export interface Cpu {
  readonly userMs: number;
  readonly systemMs: number;
}

export interface GatewayArguments {
  readonly directory: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** A file of `LightMachine[]`: who is let in. Left out: who was let in before. */
  readonly machinesFile?: string;
}

export type ToGateway = 'cpu' | 'memory';

export type FromGateway =
  | { readonly type: 'listening'; readonly url: string; readonly port: number; readonly key: string }
  /** Since its start: user and system time of all threads, ms; how often a machine was called suspect or lost. */
  | { readonly type: 'cpu'; readonly cpu: Cpu; readonly doubts: number }
  /** After a collection of garbage: the process; the JavaScript heap and what lies outside it. Bytes. */
  | { readonly type: 'memory'; readonly rssBytes: number; readonly heapBytes: number };

export interface AgentsArguments {
  readonly gatewayUrl: string;
  readonly machinesFile: string;
  /** So many machines link at once; the others when any message comes. */
  readonly first: number;
}

/** Sent so near to each other, they count as sent together, ms. */
export const momentMs = 10;

/** How many of the machines have a session that is connected: each time that has changed, and when asked. */
export interface FromAgents {
  readonly linked: number;
  /** Machines that gave WebSockets up so far. */
  readonly withoutSocket: number;
  /** Reports that were sent so far: the heartbeats. */
  readonly reports: number;
  /** Of them, by the moment they were sent at: within 250 ms, each 10, of a clock that all processes share. */
  readonly moments: readonly number[];
  /** Of the process, user and system, ms. */
  readonly cpuMs: number;
}
