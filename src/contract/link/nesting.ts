/**
 * How deeply a JSON text nests, before it is parsed: some ten million brackets keep JSON.parse busy for seconds, and a value
 * that nests twenty thousand times cannot be written again.
 */
import { limits } from '../limits.ts';
import { type AgentMessage, type Read, readAgentMessage } from './messages.ts';

/** Reads a frame sent by an agent. Machines belong to many people: one must not stop the gateway of all. */
export const readBoundedAgentMessage = (frame: string): Read<AgentMessage> =>
  nestsDeeperThan(frame, limits.agentMessageNesting)
    ? { kind: 'malformed', why: 'it nests too deeply' }
    : readAgentMessage(frame);

const [quote, backslash] = [0x22, 0x5c];

/** One pass over the characters. A text that is no JSON gets an answer without meaning; the parser refuses it. */
export function nestsDeeperThan(text: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === quote) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== quote; at += 1) {
        if (text.charCodeAt(at) === backslash) at += 1;
      }
    } else if (unit === 0x5b || unit === 0x7b) {
      depth += 1;
      if (depth > most) return true;
    } else if (unit === 0x5d || unit === 0x7d) depth -= 1;
  }
  return false;
}
