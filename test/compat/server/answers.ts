/** What the scripted server answers with, before it is written to the wire. */
// biome-ignore lint/suspicious/noExplicitAny: raw JSON, written and damaged by hand
export type Json = any;

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: Json;
  /** Sent as it is, instead of JSON. */
  readonly text?: string;
  /** An answer of the model: becomes JSON or a stream. */
  readonly message?: Json;
  /** The request it answers. */
  readonly body?: Json;
}

export const ok = (json: Json): ApiAnswer => ({ status: 200, json });

export const failure = (status: number, type: string, message: string): ApiAnswer => ({
  status,
  json: { type: 'error', error: { type, message } },
});

export const invalid = (message: string): ApiAnswer => failure(400, 'invalid_request_error', message);
