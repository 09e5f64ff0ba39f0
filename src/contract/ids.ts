/**
 * Shapes of the identifiers that cross a boundary. Random parts are made by `transport/ids.ts`;
 * pure code receives them.
 */

/** `req_` + 24 base62 characters. One per HTTP request; also names its ticket. */
export type RequestId = string;
/** `msg_` + 24 base62 characters. Unique per answer: clients merge turns that share one. */
export type MessageId = string;
/** `toolu_` + 24 base62 characters. Unique within a conversation. */
export type ToolUseId = string;
/** `mch_` + 16 hex characters of the SHA-256 of the machine's public key. */
export type MachineId = string;
/** Whether a text has the form of a machine's id. */
export const isMachineId = (text: string): boolean => /^mch_[0-9a-f]{16}$/.test(text);
/** `gw_` + 16 hex characters, made once per store. */
export type GatewayId = string;
/** `ses_` + 16 hex characters. One per link session. */
export type SessionId = string;
/** `key_` + 12 base62 characters: the public half of an API key. */
export type KeyId = string;
