/** Makes the random identifiers whose shapes `contract/ids.ts` fixes. */
import { randomBytes } from 'node:crypto';
import type { GatewayId, MessageId, RequestId, SessionId, ToolUseId } from '../contract/ids.ts';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The largest multiple of 62 in a byte: bytes above it would favour the first characters. */
const fairBelow = 248;

/** `length` characters of [0-9A-Za-z], each equally likely (5.95 bits). */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length + 8)) {
      if (byte < fairBelow && text.length < length) text += base62.charAt(byte % 62);
    }
  }
  return text;
}

export const newRequestId = (): RequestId => `req_${randomBase62(24)}`;
export const newMessageId = (): MessageId => `msg_${randomBase62(24)}`;
export const newToolUseId = (): ToolUseId => `toolu_${randomBase62(24)}`;
export const newSessionId = (): SessionId => `ses_${randomBytes(8).toString('hex')}`;
export const newGatewayId = (): GatewayId => `gw_${randomBytes(8).toString('hex')}`;
