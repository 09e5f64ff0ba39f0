/**
 * Tools of offers that were heard before. The gateway sends the tools of a conversation with each of its requests, as the last thing
 * in an offer, and they may be the larger half of it: found again by their text they are not parsed anew, and they are the same
 * object as before, so that what a template makes of them is kept with them (`translate/prompt/tool-forms.ts`).
 *
 *     {"type":"offer",...,"request":{...,"tools":[{"name":"Bash",...}, ...]}}
 *     {"type":"offer",...,"request":{...,"tools":"<the stand-in>"}}            is what is parsed
 *
 * The stand-in is a string nobody else knows, as in `gateway/http/known-tools.ts`: where it comes out as the tools of the offer,
 * that text was the tools. Otherwise the offer is parsed as it came.
 *
 * Each scope has its own lists: how long a request takes tells nobody what another key sends.
 */
import { randomBytes } from 'node:crypto';
import type { ToolDefinition } from '../contract/generation/request.ts';
import { type GatewayMessage, type Read, readGatewayMessage } from '../contract/link/messages.ts';

/** Of a list that is worth remembering, and of all lists, UTF-16 units; in memory they take some ten times as much. */
const fewestChars = 2 * 1024;
const mostChars = 512 * 1024;
/** Lists in all: a few conversations, and the sub-agents of each. */
const mostLists = 16;

interface KnownList {
  /** As JSON. */
  readonly scope: string;
  /** From their key to the end of the offer. */
  readonly text: string;
  readonly tools: readonly ToolDefinition[];
}

export class KnownTools {
  readonly #standIn = randomBytes(24).toString('base64url');
  /** Heard last, last. */
  #lists: KnownList[] = [];

  /** As `readGatewayMessage`; the tools of an offer may be those of an earlier one, and are not to be changed. */
  readonly read = (text: string): Read<GatewayMessage> => {
    const scope = scopeOf(text);
    if (scope === undefined) return readGatewayMessage(text);
    const known = this.#lists.findLast((list) => list.scope === scope && text.endsWith(list.text));
    const read = known === undefined ? undefined : this.#readWith(text, known);
    if (read !== undefined) return read;
    const whole = readGatewayMessage(text);
    if (known === undefined && whole.kind === 'message') this.#learn(text, whole.message);
    return whole;
  };

  #readWith(text: string, known: KnownList): Read<GatewayMessage> | undefined {
    const read = readGatewayMessage(text.slice(0, -known.text.length) + tailOf(this.#standIn));
    if (read.kind !== 'message' || read.message.type !== 'offer') return undefined;
    const { message } = read;
    const found: unknown = message.request.tools;
    if (JSON.stringify(message.scope) !== known.scope || found !== this.#standIn) return undefined;
    this.#keep(known);
    return { kind: 'message', message: { ...message, request: { ...message.request, tools: known.tools } } };
  }

  #learn(text: string, message: GatewayMessage): void {
    if (message.type !== 'offer' || !Array.isArray(message.request.tools)) return;
    const { request } = message;
    const scope = JSON.stringify(message.scope);
    const tail = tailOf(request.tools);
    if (tail.length < fewestChars || tail.length > mostChars || !text.endsWith(tail)) return;
    this.#keep({ scope, text: tail, tools: request.tools });
  }

  #keep(list: KnownList): void {
    if (this.#lists.at(-1) === list) return;
    const lists = [...this.#lists.filter((other) => other !== list), list].slice(-mostLists);
    let chars = lists.reduce((sum, { text }) => sum + text.length, 0);
    while (chars > mostChars) chars -= lists.shift()?.text.length ?? 0;
    this.#lists = lists;
  }
}

/** How an offer ends. */
const tailOf = (tools: unknown): string => `"tools":${JSON.stringify(tools)}}}`;

/** Of an offer, as JSON, from what stands before its hashes and its request; undefined: it is none, or of another form. */
function scopeOf(text: string): string | undefined {
  return /^\{"type":"offer",[^[\]{}]*?"scope":("(?:[^"\\]|\\.)*")/.exec(text.slice(0, headChars))?.[1];
}
const headChars = 512;
