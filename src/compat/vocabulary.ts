/** What cases are written in. Everything throws a `Mismatch` or `Refused` that the runner turns into a verdict. */
import { expect, Mismatch, quote, Refused } from './verdict.ts';
import { foldStream } from './wire/fold-stream.ts';
import { readStream, type StreamRecord } from './wire/read-stream.ts';
import { type Json, open, type Reply, type SendOptions, send } from './wire/send.ts';
import type { Target } from './wire/target.ts';

/** Fields of a request; `undefined` leaves a default one out. */
export type Fields = Readonly<Record<string, unknown>>;
/** Everything about a request but its body. */
export type How = Omit<SendOptions, 'body'>;

export const user = (content: unknown): Fields => ({ role: 'user', content });
export const assistant = (content: unknown): Fields => ({ role: 'assistant', content });
export const text = (words: string, more: Fields = {}): Fields => ({ type: 'text', text: words, ...more });

/** A short request that any model answers with something. */
export const request = (target: Target, fields: Fields = {}): Fields => ({
  model: target.model,
  max_tokens: 32,
  messages: [user('Count from 1 to 9.')],
  ...fields,
});

/** POST /v1/messages, whatever comes back. */
export const ask = (target: Target, fields: Fields = {}, how: How = {}): Promise<Reply> =>
  send(target, { ...how, body: request(target, fields) });

/** The message a request is answered with. */
export async function answer(target: Target, fields: Fields = {}, how: How = {}): Promise<Json> {
  const reply = await ask(target, fields, how);
  expectAnswered(reply);
  expect(reply.json?.type === 'message', 'a JSON message', quote(reply.json ?? reply.text));
  return reply.json;
}

/** The stream a request is answered with, read to its end. */
export async function stream(target: Target, fields: Fields = {}, how: How = {}): Promise<StreamRecord> {
  const response = await open(target, { ...how, body: request(target, { stream: true, ...fields }) });
  if (response.status !== 200) expectAnswered(await wholeReply(response));
  return readStream(response, target.signal);
}

/** The message a stream comes to. */
export const streamed = async (target: Target, fields: Fields = {}): Promise<Json> =>
  foldStream(await stream(target, fields));

/** POST /v1/messages/count_tokens. */
export async function count(target: Target, fields: Fields = {}): Promise<number> {
  const path = '/v1/messages/count_tokens';
  const reply = await ask(target, { max_tokens: undefined, ...fields }, { path });
  expectAnswered(reply);
  const tokens = reply.json?.input_tokens;
  expect(Number.isInteger(tokens) && tokens > 0, 'input_tokens, a positive integer', quote(reply.json ?? reply.text));
  return tokens;
}

/** Asks with GET. */
export async function get(target: Target, path: string): Promise<Json> {
  const reply = await send(target, { path });
  expectAnswered(reply);
  return reply.json;
}

/** Status 200; a refusal is thrown with the server's own words. */
export function expectAnswered(reply: Reply): void {
  if (reply.status === 200) return;
  const said = saidBy(reply);
  if (reply.status >= 400) throw new Refused(reply.status, said);
  throw new Mismatch('status 200', `status ${reply.status}: ${said}`);
}

export interface ExpectedRefusal {
  /** Default 400. */
  readonly status?: number | readonly number[];
  /** The words a person or a client needs to find the fault. */
  readonly message?: RegExp;
  /** `error.type`. Where it is given, the error must come in Anthropic's envelope as well. */
  readonly type?: string;
}

/** A refusal with the right status, that names what is wrong. */
export function expectRefusal(reply: Reply, { status = 400, message = /./, type }: ExpectedRefusal = {}): void {
  const statuses = [status].flat();
  const said = saidBy(reply);
  expect(
    statuses.includes(reply.status),
    `status ${statuses.join(' or ')}`,
    reply.status === 200 ? 'status 200: it was accepted' : `status ${reply.status}: ${said}`,
  );
  if (type !== undefined) {
    expectEnvelope(reply);
    const seen = reply.json.error.type;
    expect(seen === type, `error type ${type}`, quote(seen));
  }
  expect(message.test(said), `a message that matches ${message}`, quote(said));
}

/** The form every error has. */
export function expectEnvelope({ json, text }: Reply): void {
  const error = json?.error;
  expect(
    json?.type === 'error' && typeof error?.type === 'string' && typeof error.message === 'string',
    'an error envelope {type: error, error: {type, message}}',
    quote(json ?? text),
  );
}

/** Asks for what must be refused. */
export async function refuse(
  target: Target,
  fields: Fields,
  expected: ExpectedRefusal = {},
  how: How = {},
): Promise<Reply> {
  const reply = await ask(target, fields, how);
  expectRefusal(reply, expected);
  return reply;
}

/** The server's own words about a failure. */
export function saidBy(reply: Reply): string {
  const { error, message, detail } = reply.json ?? {};
  const words = error?.message ?? message ?? detail ?? error;
  return typeof words === 'string' && words !== '' ? words : reply.text.slice(0, 200) || '(an empty body)';
}

async function wholeReply(response: Response): Promise<Reply> {
  const body = await response.text();
  let json: Json;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text: body, json };
}

/** Blocks of one type. */
export const blocks = (message: Json, type: string): readonly Json[] =>
  (Array.isArray(message?.content) ? message.content : []).filter((block: Json) => block?.type === type);

/** The first block of a type, which must be there. */
export function block(message: Json, type: string): Json {
  const found = blocks(message, type)[0];
  expect(found !== undefined, `a ${type} block`, quote(message?.content));
  return found;
}

/** All text of an answer. */
export const textOf = (message: Json): string =>
  blocks(message, 'text')
    .map(({ text }) => text)
    .join('');
