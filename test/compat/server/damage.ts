/** Words for defects: what a server may do wrong, most of them a line each. */

import { theModel } from './about.ts';
import type { ApiAnswer, Json } from './answers.ts';
import { failure, ok } from './answers.ts';
import { answerOf } from './model.ts';
import type { Defect, Exchange } from './scripted-server.ts';
import type { Event } from './stream.ts';

export const bodyOf = ({ bytes }: Exchange): Json => {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
};

export const message = (what: string, change: (message: Json, body: Json) => Json): Defect => ({
  what,
  message: change,
});
export const events = (what: string, change: (events: readonly Event[], body: Json) => readonly Event[]): Defect => ({
  what,
  events: change,
});
/** Changes each event of one type. */
export const eachEvent = (what: string, type: string, change: (event: Event) => Event): Defect =>
  events(what, (all) => all.map((event) => (event.type === type ? change(event) : event)));
/** Leaves events out. */
export const without = (what: string, unwanted: (event: Event, at: number) => boolean): Defect =>
  events(what, (all) => all.filter((event, at) => !unwanted(event, at)));
export const wire = (what: string, change: (text: string) => string | Buffer): Defect => ({ what, wire: change });
export const errors = (what: string, change: (answer: ApiAnswer) => ApiAnswer): Defect => ({ what, error: change });
export const headers = (
  what: string,
  change: (headers: Record<string, string>, exchange: Exchange) => Record<string, string>,
): Defect => ({ what, headers: change });

/** Looks at a request before anyone else; null lets it through. */
type When = (body: Json, exchange: Exchange) => boolean;

/** Answers some requests with something else. */
export const instead = (what: string, when: When, other: ApiAnswer): Defect => ({
  what,
  handle: (exchange, next) => (when(bodyOf(exchange), exchange) ? other : next(exchange)),
});
/** Refuses without a word on what it does not like. */
export const refuses = (what: string, when: When): Defect =>
  instead(what, when, failure(400, 'invalid_request_error', 'Bad request'));
export const crashes = (what: string, when: When): Defect =>
  instead(what, when, failure(500, 'api_error', 'Internal server error'));
/** Answers as if all were well. */
export const accepts = (
  what: string,
  when: (body: Json, exchange: Exchange, said: string) => boolean = () => true,
): Defect => ({
  what,
  async handle(exchange, next) {
    const answer = await next(exchange);
    const body = bodyOf(exchange);
    if (answer.status < 400 || !when(body, exchange, String(answer.json?.error?.message))) return answer;
    if (exchange.path.endsWith('/count_tokens')) return ok({ input_tokens: 1 });
    if (exchange.path !== '/v1/messages') return ok({});
    const asked = { ...simple, stream: body?.stream };
    return { status: 200, message: answerOf(asked), body: asked };
  },
});
const simple = { model: theModel, max_tokens: 5, messages: [] };
/** Says something else than it should when it refuses. */
export const says = (what: string, text: string): Defect =>
  errors(what, (answer) => ({
    ...answer,
    json: { ...answer.json, error: { ...answer.json.error, message: text } },
  }));
/** Does not see a part of the request. */
export const ignores = (what: string, blind: (body: Json) => Json, path = '/v1/messages'): Defect => ({
  what,
  handle(exchange, next) {
    const body = bodyOf(exchange);
    if (body === undefined || !exchange.path.startsWith(path)) return next(exchange);
    return next({ ...exchange, bytes: Buffer.from(JSON.stringify(blind(body))) });
  },
});
