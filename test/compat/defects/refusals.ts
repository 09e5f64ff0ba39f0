/** Servers that accept what is wrong, refuse in the wrong form, or break under pressure. */
import { failure, type Json } from '../server/answers.ts';
import { accepts, bodyOf, crashes, errors, headers, instead, says } from '../server/damage.ts';
import type { Defect } from '../server/scripted-server.ts';
import type { DefectTable } from './table.ts';

/** The one check that is left out, by the words of its refusal. */
const leftOut: Readonly<Record<string, RegExp>> = {
  'json-broken': /not valid JSON/,
  'body-not-object': /not a JSON object/,
  'body-empty': /not valid JSON/,
  'model-missing': /model: Field required/,
  'messages-missing': /messages: Field required/,
  'max-tokens-missing': /max_tokens: Field required/,
  'max-tokens-negative': /max_tokens: Input/,
  'wrong-types': /stop_sequences: Input/,
  'messages-empty': /at least one message/,
  'role-unknown': /role: Input/,
  'text-empty': /must be non-empty/,
  'block-unknown': /Input tag/,
  'block-incomplete': /text: Field required/,
  'result-without-call': /unexpected `tool_use_id`/,
  'call-without-result': /without `tool_result` blocks/,
  'call-ids-unique': /ids must be unique/,
  'call-input-object': /valid dictionary/,
  'tool-names-unique': /names must be unique/,
  'tool-name-form': /match pattern/,
  'tool-schema-missing': /input_schema: Field required/,
  'tool-schema-type': /should be 'object'/,
  'tool-type-unknown': /tool type/,
  'choice-unknown-tool': /not in tools/,
  'choice-without-tools': /tools is empty/,
  'budget-small': /equal to 1024/,
  'budget-over-limit': /greater than `thinking/,
  'temperature-range': /range: 0..1/,
  'prefill-whitespace': /trailing whitespace/,
};

export const validation: DefectTable = Object.fromEntries(
  Object.entries(leftOut).map(([name, words]) => [
    `validation/${name}`,
    accepts('a check left out', (_body, _exchange, said) => words.test(said)),
  ]),
);

const errorWith = (change: (error: Json) => Json) => (answer: Json) => ({
  ...answer,
  json: { ...answer.json, error: change(answer.json.error) },
});

export const errorDefects: DefectTable = {
  'errors/envelope': errors("FastAPI's errors", ({ json, ...answer }) => ({
    ...answer,
    json: { detail: json.error.message },
  })),
  'errors/known-types': errors(
    'types of its own',
    errorWith((error) => ({ ...error, type: 'BadRequest' })),
  ),
  'errors/unknown-model': says('does not say which', 'Not Found'),
  'errors/unknown-model-streamed': accepts('any model streams', (body) => body?.stream === true),
  'errors/final-errors-say-so': headers('asks to try again', (all) => ({ ...all, 'x-should-retry': 'true' })),
  'errors/details-form': errors(
    'details as a list',
    errorWith((error) => ({ ...error, details: [{ loc: 'x' }] })),
  ),
  'errors/no-prompt-inside': {
    what: 'repeats the request',
    error: (answer, { bytes }) => ({
      ...answer,
      json: { ...answer.json, error: { ...answer.json.error, message: `Bad request: ${bytes}` } },
    }),
  },
};

/** Never answers what it does not like, nor anything after it. */
const hangs = (what: string, when: (body: Json) => boolean): Defect => {
  let stuck = false;
  return {
    what,
    hangs: true,
    handle(exchange, next) {
      stuck ||= when(bodyOf(exchange));
      return stuck ? new Promise(() => {}) : next(exchange);
    },
  };
};
const plain = (status: number, text: string) => ({ status, text });

export const limits: DefectTable = {
  'limits/prompt-too-long': says('does not say how long', 'input too long'),
  'limits/body-too-large': {
    what: 'waits for the body, however large',
    hangs: true,
    socket: (request) => Number(request.headers['content-length']) > 1e7,
  },
  'limits/deep-nesting': instead('a stack overflow', (_, { bytes }) => bytes.includes('[[[['), plain(500, 'overflow')),
  'limits/many-keys': crashes('keys break it', (body) => body?.metadata?.k99999 === 1),
  'limits/many-tools': instead('an unclear refusal', (body) => body?.tools?.length > 256, plain(400, 'no')),
  'limits/number-out-of-range': crashes('32 bits', (body) => body?.max_tokens > 2 ** 31),
  'limits/lone-surrogate': crashes('cannot write it', (_, { bytes }) => bytes.includes('\\ud800')),
  'limits/invalid-utf8': {
    what: 'reads any bytes',
    handle: (exchange, next) => next({ ...exchange, bytes: Buffer.from(exchange.bytes.toString('utf8')) }),
  },
  'limits/compressed-body': instead(
    'JSON or nothing',
    (body) => body === undefined,
    failure(400, 'invalid_request_error', 'bad JSON'),
  ),
  'limits/duplicate-keys': crashes(
    'a strict parser',
    (_, { bytes }) => bytes.toString().split('"max_tokens"').length > 2,
  ),
  'limits/broken-http': {
    what: 'answers 200 to anything',
    clientError: 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n',
  },
};

/** One request at a time; it does not notice that a client has gone. */
const oneSlot = (what: string): Defect => hangs(what, (body) => body?.max_tokens === 4_000);

export const concurrency: DefectTable = {
  'concurrency/stream-left': oneSlot('works on for nobody'),
  'concurrency/left-before-answer': oneSlot('works on for nobody'),
  'concurrency/half-request': {
    what: 'half a request breaks it',
    socket: brokenByHalf(),
  },
  'concurrency/parallel-answers': mixedUp(),
  'concurrency/parallel-streams': mixedUp(),
};

/** Refuses everyone while a body is not whole. */
function brokenByHalf(): NonNullable<Defect['socket']> {
  let halves = 0;
  return (request, response) => {
    if (halves > 0) {
      response.writeHead(500).end();
      return true;
    }
    if (request.headers['content-length'] !== undefined) {
      halves++;
      request.once('end', () => halves--);
    }
    return false;
  };
}

/** Answers each of several requests with the answer of the first. */
function mixedUp(): Defect {
  let first: Json;
  return {
    what: 'one answer for all',
    message(message) {
      first ??= message;
      return first;
    },
  };
}
