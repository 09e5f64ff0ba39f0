/** Makes the random identifiers whose shapes `contract/ids.ts` fixes. */
import { randomBytes } from 'node:crypto';
import type { GatewayId, MessageId, RequestId, SessionId, ToolUseId } from '../contract/ids.ts';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The largest multiple of 62 in a byte: bytes above it would favour the first characters. */
const fairBelow = 248;

/** Random bytes are fetched in bulk: a call for each id cost 2 % of the gateway's time. Each is used once. */
let pool = Buffer.alloc(0);
let used = 0;

function randomByte(): number {
  if (used === pool.length) {
    pool = randomBytes(4_096);
    used = 0;
  }
  return pool[used++]!; // used < pool.length
}

/** `length` characters of [0-9A-Za-z], each equally likely (5.95 bits). */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    const byte = randomByte();
    if (byte < fairBelow) text += base62.charAt(byte % 62);
  }
  return text;
}

/** Milliseconds as 8 base62 digits: texts sort as times do (until the year 8888). */
function timeDigits(ms: number): string {
  let text = '';
  for (let rest = ms, place = 0; place < 8; rest = Math.floor(rest / 62), place++) {
    text = base62.charAt(rest % 62) + text;
  }
  return text;
}

/** Begins with the time: rows of the ledger, which are found by it, are then written side by side. */
export const newRequestId = (): RequestId => `req_${timeDigits(Date.now())}${randomBase62(16)}`;
export const newMessageId = (): MessageId => `msg_${randomBase62(24)}`;
export const newToolUseId = (): ToolUseId => `toolu_${randomBase62(24)}`;
export const newSessionId = (): SessionId => `ses_${randomBytes(8).toString('hex')}`;
export const newGatewayId = (): GatewayId => `gw_${randomBytes(8).toString('hex')}`;
