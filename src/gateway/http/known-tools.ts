/**
 * Tools that were read before. Clients send the same ones with every request of a conversation, and mostly they are the
 * larger half of its body: found again by their bytes, they are neither parsed nor written down anew.
 *
 *     {"messages":[...],"tools":[{"name":"Bash",...}, ...],"max_tokens":8192}
 *     {"messages":[...],"tools":"<the stand-in>","max_tokens":8192}             is what is parsed
 *
 * The stand-in is a string nobody else knows. Where it comes out as the body's tools, those bytes were the tools, whatever
 * stands around them; anywhere else (in a text, a level deeper, before other tools) the body is parsed as it came.
 *
 * Each scope has its own: how long a request takes tells nobody what another key sends.
 */
import { randomBytes } from 'node:crypto';
import { type ParsedBody, parseBody } from '../../translate/request/parse-body.ts';
import { scanBody } from '../../translate/request/scan-body.ts';

/** Bytes of a list that is worth remembering, and of one that is not too large to be. */
const fewestBytes = 2 * 1024;
const mostBytes = 512 * 1024;
/** Lists of a scope: an agent and its sub-agents have different ones. */
const listsOfScope = 4;
/** Of all lists of all scopes; in memory they take about four times as much. Who was not heard for longest goes first. */
const mostBytesInAll = 16 * 1024 * 1024;

interface KnownList {
  /** As they stood in the body. */
  readonly text: Buffer;
  /** Where they began, bytes before the end: conversations grow in front of them, what follows is short and hardly changes. */
  readonly fromEnd: number;
  readonly tools: unknown;
  /** Object keys in them. */
  readonly keys: number;
}

export class KnownTools {
  readonly #secret = randomBytes(24).toString('base64url');
  readonly #standIn = Buffer.from(JSON.stringify(this.#secret));
  /** The scope heard last stands last, and so does its latest list. */
  readonly #lists = new Map<string, readonly KnownList[]>();
  #bytes = 0;

  /** As `parseBody`; the `tools` of the value may be those of an earlier body and are not to be changed. */
  parse(body: Uint8Array, scope: string, mostKeys: number): ParsedBody | 'many-keys' {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const known = this.#lists.get(scope)?.findLast((list) => standsAt(bytes, bytes.length - list.fromEnd, list.text));
    if (known !== undefined) {
      const parsed = this.#parseWithout(bytes, known, mostKeys - known.keys);
      if (parsed !== 'many-keys' && parsed.ok && parsed.value.tools === this.#secret) {
        this.#keep(scope, known);
        return { ok: true, value: { ...parsed.value, tools: known.tools } };
      }
    }
    const parsed = parseBody(body, mostKeys);
    if (known === undefined && parsed !== 'many-keys' && parsed.ok) this.#learn(scope, bytes, parsed.value.tools);
    return parsed;
  }

  /** Only what clients write without spaces is found: nearly all do. */
  #learn(scope: string, bytes: Buffer, tools: unknown): void {
    if (!Array.isArray(tools)) return;
    const text = Buffer.from(JSON.stringify(tools));
    if (text.length < fewestBytes || text.length > mostBytes) return;
    const at = bytes.lastIndexOf(text);
    if (at >= 0) this.#keep(scope, { text, fromEnd: bytes.length - at, tools, keys: scanBody(text).keys });
  }

  /** With the stand-in where the list stands. The body is changed for it and put right again: a copy would cost more. */
  #parseWithout(bytes: Buffer, { text, fromEnd }: KnownList, mostKeys: number): ParsedBody | 'many-keys' {
    const at = bytes.length - fromEnd;
    const rest = fromEnd - text.length;
    const afterStandIn = at + this.#standIn.length;
    bytes.set(this.#standIn, at);
    bytes.copyWithin(afterStandIn, at + text.length);
    try {
      return parseBody(bytes.subarray(0, afterStandIn + rest), mostKeys);
    } finally {
      bytes.copyWithin(at + text.length, afterStandIn, afterStandIn + rest);
      bytes.set(text, at);
    }
  }

  #keep(scope: string, list: KnownList): void {
    const before = this.#lists.get(scope) ?? [];
    const lists = before.at(-1) === list ? before : [...before.filter((other) => other !== list), list];
    this.#lists.delete(scope);
    this.#lists.set(scope, lists.slice(-listsOfScope));
    if (lists === before) return;
    this.#bytes += sizeOf(this.#lists.get(scope)) - sizeOf(before);
    for (const [oldest, those] of this.#lists) {
      if (this.#bytes <= mostBytesInAll) return;
      this.#lists.delete(oldest);
      this.#bytes -= sizeOf(those);
    }
  }
}

const standsAt = (bytes: Buffer, at: number, text: Buffer): boolean =>
  at >= 0 && bytes.subarray(at, at + text.length).equals(text);

const sizeOf = (lists: readonly KnownList[] = []): number => lists.reduce((sum, { text }) => sum + text.length, 0);
