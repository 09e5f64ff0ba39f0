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

/** Parses a body. What it may cost is found out before parsing (`scan-body.ts`). */
export function parseBody(bytes: Uint8Array): ParsedBody {
  if (bytes.length === 0) return refuse('The request body is empty. Send a JSON object.');
  const { fault } = scanBody(bytes);
  if (fault !== null) return refuse(describeScanFault(fault, bytes));
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
