/**
 * Bytes of a request body -> a JSON object, or an error that says where the text stops making
 * sense and repeats none of it.
 */
import { type ApiError, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { unreachable } from '../../contract/unreachable.ts';
import { findJsonFault } from './find-json-fault.ts';
import { type ScanFault, scanBody } from './scan-body.ts';

export type ParsedBody =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: ApiError };

const refuse = (message: string): ParsedBody => ({ ok: false, error: apiError('invalid_json', message) });
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a body, unless it is found to have more than `mostKeys` object keys: what is made of it then would cost as
 * much. Large ones are measured before they are parsed (`scan-body.ts`), small ones after.
 */
export function parseBody(bytes: Uint8Array): ParsedBody;
export function parseBody(bytes: Uint8Array, mostKeys: number): ParsedBody | 'many-keys';
export function parseBody(bytes: Uint8Array, mostKeys = Number.POSITIVE_INFINITY): ParsedBody | 'many-keys' {
  if (bytes.length === 0) return refuse('The request body is empty. Send a JSON object.');
  if (bytes.length <= limits.parseUnscannedBytes) {
    const value = parseQuietly(bytes);
    const keys = countKeys(value, limits.bodyNesting);
    if (isObject(value) && !Number.isNaN(keys)) return keys > mostKeys ? 'many-keys' : { ok: true, value };
    // Something is wrong: what, and where, is told as for a large one.
  }
  const { keys, fault } = scanBody(bytes);
  if (fault !== null) return refuse(describeScanFault(fault, bytes));
  return keys > mostKeys ? 'many-keys' : parseJson(bytes);
}

/** Object keys in a value at all depths; NaN when it is nested deeper than `depth` or holds half a surrogate pair. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.isWellFormed() ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === 0) return Number.NaN;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += countKeys(item, depth - 1);
    return keys;
  }
  const fields = value as Readonly<Record<string, unknown>>; // an object, as just established
  for (const key in fields) {
    if (!key.isWellFormed()) return Number.NaN;
    keys += 1 + countKeys(fields[key], depth - 1);
  }
  return keys;
}

function parseJson(bytes: Uint8Array): ParsedBody {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return refuse('The request body is not valid UTF-8. Encode it as UTF-8.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(`The request body is not valid JSON: ${describeFault(text)}.`);
  }
  return isObject(value)
    ? { ok: true, value }
    : refuse('The request body is JSON but not an object. Send a JSON object.');
}

/** Undefined where `parseJson` would explain why not. */
function parseQuietly(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function describeScanFault(fault: ScanFault, bytes: Uint8Array): string {
  switch (fault.kind) {
    case 'too-deep':
      return `The request body opens more than ${limits.bodyNesting} brackets at once. Flatten it.`;
    case 'too-many-keys':
      return `The request body has more than ${limits.bodyKeys} object keys. Send fewer, or shorten the conversation.`;
    case 'too-many-values':
      return `The request body has more than ${limits.bodyValues} values. Send fewer, or shorten the conversation.`;
    case 'lone-surrogate': {
      // The API's own words; an emoji that was cut in two is the usual reason.
      const what = fault.half === 'high' ? 'no low surrogate in string' : 'no high surrogate in string';
      const before = new TextDecoder().decode(bytes.subarray(0, fault.at));
      return `The request body is not valid JSON: ${what}: ${place(before)}. An escaped character was cut in two: send whole characters.`;
    }
    default:
      return unreachable(fault);
  }
}

function describeFault(text: string): string {
  const fault = findJsonFault(text);
  return `${fault.what}: ${place(text.slice(0, fault.at))}`;
}

/** Where the text after `before` stands. */
function place(before: string): string {
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return `line ${line} column ${column} (char ${before.length})`;
}
