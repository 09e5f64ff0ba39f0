/**
 * Bytes of a request body -> a JSON object, or an error that says where the text stops making
 * sense and repeats none of it.
 */
import { type ApiError, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { findJsonFault } from './find-json-fault.ts';

export type ParsedBody =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: ApiError };

const refuse = (message: string): ParsedBody => ({ ok: false, error: apiError('invalid_json', message) });
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Parses a body. Nesting is limited before parsing: JSON.parse spends seconds on millions of brackets. */
export function parseBody(bytes: Uint8Array): ParsedBody {
  if (bytes.length === 0) return refuse('The request body is empty. Send a JSON object.');
  if (nestsDeeperThan(bytes, limits.bodyNesting)) {
    return refuse(`The request body opens more than ${limits.bodyNesting} brackets at once. Flatten it.`);
  }
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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('The request body is JSON but not an object. Send a JSON object.');
  }
  return { ok: true, value: value as Record<string, unknown> }; // just established
}

function describeFault(text: string): string {
  const fault = findJsonFault(text);
  const before = text.slice(0, fault.at);
  const line = before.split('\n').length;
  const column = fault.at - before.lastIndexOf('\n');
  return `${fault.what}: line ${line} column ${column} (char ${fault.at})`;
}

const quote = 0x22;
const backslash = 0x5c;

/** True when more than `limit` brackets are open at once. Brackets inside strings do not count. */
export function nestsDeeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  const end = bytes.length;
  for (let at = 0; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === quote) {
      for (at++; at < end; at++) {
        const inside = bytes[at]!;
        if (inside === quote) break;
        if (inside === backslash) at++;
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return false;
}
