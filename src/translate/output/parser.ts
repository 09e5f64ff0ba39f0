/**
 * Raw text of a model, in pieces cut anywhere, to text, reasoning and tool calls.
 *
 * Promises, each a property test: cutting the same text elsewhere changes nothing; no tag reaches a
 * client; nothing but tags and the whitespace around blocks is dropped; only what may become a tag
 * is held back (and a tool call, which is atomic anyway).
 *
 * A worked example, `thinkingOpen` because the prompt ends in `<think>\n`:
 *
 *     "Look it up.\n</th" "ink>\n\n<tool_call>\n{\"name\": \"find\", \"arguments\": {}}" (end)
 *     -> thinking "Look it up."   tool-call '{"name": "find", "arguments": {}}'
 *
 * Broken output it reads on purpose:
 * - a call that is not closed, but whose JSON is whole, is a call;
 * - `</tool_call>` inside a string of the arguments is part of the string, unless the string breaks
 *   off (a raw line break), which JSON does not allow;
 * - stray, doubled and nested tags are dropped;
 * - `<tool_call>` inside reasoning is reasoning, unless nothing but calls follows to the end: then
 *   the model forgot `</think>`, and a client would otherwise never see the call.
 */
import { createJsonScanner, type JsonScanner } from './json-scan.ts';
import { matchTag, type OutputSyntax, type Tag, tagsOf, withoutTags } from './tags.ts';
import { trailingSpaceStart } from './trailing-space.ts';

/** `start` is where the call's tag began, as an index into the whole raw text (UTF-16 units). */
export type OutputPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  /** Brackets balance; whether it is a call is for the reader to find out. */
  | { readonly type: 'tool-call'; readonly json: string; readonly start: number }
  | { readonly type: 'broken-tool-call'; readonly raw: string; readonly start: number };

type CallPart = Extract<OutputPart, { readonly start: number }>;

export interface OutputParser {
  push(text: string): readonly OutputPart[];
  /** No more text comes: decides all that was held back. */
  end(): readonly OutputPart[];
  /** What the text read so far stands in. */
  readonly inside: 'text' | 'thinking' | 'tool-call';
}

export interface OutputParserOptions {
  readonly format: OutputSyntax;
  /** The prompt already ends in `<think>`. */
  readonly thinkingOpen: boolean;
}

interface OpenCall {
  readonly start: number;
  readonly scanner: JsonScanner;
  body: string;
}

const leadingSpace = /^[ \t\r\n]+/;

export function createOutputParser({ format, thinkingOpen }: OutputParserOptions): OutputParser {
  let inThinking = thinkingOpen;
  let call: OpenCall | undefined;
  /** Calls met inside reasoning, waiting to learn whether anything else follows. */
  let suspended: CallPart[] = [];
  /** Undecided raw text, and where it starts in the whole. */
  let pending = '';
  let pendingStart = 0;
  /** The character before `pending`, for the quote rule. */
  let lastChar: string | undefined;
  /** Whitespace is dropped until something else comes. */
  let eatSpace = thinkingOpen;
  /** Whitespace inside reasoning that may turn out to be its end. */
  let heldSpace = '';
  let parts: OutputPart[] = [];
  let known = tagsOf[format];

  function emit(type: 'text' | 'thinking', text: string): void {
    if (text === '') return;
    const last = parts.at(-1);
    if (last?.type === type) parts[parts.length - 1] = { type, text: last.text + text };
    else parts.push({ type, text });
  }

  /** Plain characters of the text or the reasoning. */
  function say(text: string): void {
    const rest = eatSpace ? text.replace(leadingSpace, '') : text;
    if (rest === '') return;
    eatSpace = false;
    if (suspended.length > 0) resumeThinking();
    if (!inThinking) {
      if (format === 'json' && rest.trim() !== '') known = [];
      emit('text', rest);
      return;
    }
    const end = trailingSpaceStart(rest);
    if (end > 0) {
      emit('thinking', heldSpace + rest.slice(0, end));
      heldSpace = '';
    }
    heldSpace += rest.slice(end);
  }

  /** Something follows the calls in the reasoning: they were only thought of. */
  function resumeThinking(): void {
    const thoughts = suspended.map((part) => (part.type === 'tool-call' ? part.json : part.raw)).join('\n');
    suspended = [];
    emit('thinking', heldSpace + thoughts.trim());
    heldSpace = '\n';
  }

  function openCall(start: number): void {
    call = { start, scanner: createJsonScanner(), body: '' };
  }

  function closeCall(closed: OpenCall): void {
    call = undefined;
    eatSpace = true;
    const { start } = closed;
    const whole = closed.scanner.state === 'complete';
    const part: CallPart = whole
      ? { type: 'tool-call', json: closed.body.trim(), start }
      : { type: 'broken-tool-call', raw: withoutTags(closed.body).trim(), start };
    (inThinking ? suspended : parts).push(part);
  }

  function takeTag(tag: Tag, start: number): void {
    if (tag === '<tool_call>') {
      openCall(start);
      return;
    }
    if (tag === '<think>' && !inThinking) {
      inThinking = true;
      heldSpace = '';
    } else if (tag === '</think>' && inThinking) {
      if (suspended.length > 0) resumeThinking();
      inThinking = false;
      heldSpace = '';
    } else if (inThinking) {
      // A stray tag in the middle of reasoning: the words around it stay apart or together as they were.
      return;
    }
    eatSpace = true;
  }

  function consume(length: number): string {
    const taken = pending.slice(0, length);
    pending = pending.slice(length);
    pendingStart += length;
    if (length > 0) lastChar = taken[length - 1];
    return taken;
  }

  /** Decides as much of `pending` as can be decided. */
  function run(atEnd: boolean): void {
    while (pending !== '') {
      const at = known.length === 0 ? -1 : pending.indexOf('<');
      if (call !== undefined) {
        if (!runCall(call, at, atEnd)) return;
        continue;
      }
      if (at !== 0) {
        say(consume(at === -1 ? pending.length : at));
        continue;
      }
      const match = matchTag(pending, 0, lastChar, known, atEnd);
      if (match.kind === 'undecided') return;
      const start = pendingStart;
      if (match.kind === 'text') say(consume(match.length));
      else {
        consume(match.tag.length);
        takeTag(match.tag, start);
      }
    }
  }

  /** One step inside a call; false when more text is needed. */
  function runCall(open: OpenCall, at: number, atEnd: boolean): boolean {
    const { scanner } = open;
    if (at !== 0) {
      append(open, consume(at === -1 ? pending.length : at));
    } else if (scanner.state === 'inside-string') {
      append(open, consume(1));
    } else {
      const match = matchTag(pending, 0, undefined, known, atEnd);
      if (match.kind === 'undecided') return false;
      if (match.kind === 'text') append(open, consume(match.length));
      else takeTagInCall(open, match.tag);
    }
    // Reasoning about calls, not a call: what was held back is reasoning again.
    if (call !== undefined && inThinking && scanner.state === 'broken') {
      call = undefined;
      pendingStart -= open.body.length;
      pending = open.body + pending;
    }
    return true;
  }

  function append(open: OpenCall, text: string): void {
    open.body += text;
    open.scanner.push(text);
  }

  function takeTagInCall(open: OpenCall, tag: Tag): void {
    const start = pendingStart;
    const { state } = open.scanner;
    if (tag === '</tool_call>') {
      consume(tag.length);
      closeCall(open);
    } else if (tag === '<tool_call>') {
      consume(tag.length);
      if (state === 'empty') return;
      closeCall(open);
      openCall(start);
    } else if (state === 'complete') {
      closeCall(open);
    } else {
      append(open, consume(tag.length));
    }
  }

  function drain(): readonly OutputPart[] {
    const done = parts;
    parts = [];
    return done;
  }

  return {
    push(text) {
      // Almost every piece: plain text with nothing undecided before it.
      if (
        format !== 'json' &&
        pending === '' &&
        call === undefined &&
        !inThinking &&
        !eatSpace &&
        !text.includes('<')
      ) {
        if (text === '') return [];
        pendingStart += text.length;
        lastChar = text[text.length - 1];
        return [{ type: 'text', text }];
      }
      pending += text;
      run(false);
      return drain();
    },
    end() {
      run(true);
      while (call !== undefined) {
        const open: OpenCall = call;
        // A string that never ended hid the closing tag: the call stops there, the rest is read on.
        const close = open.scanner.state === 'inside-string' ? open.body.indexOf('</tool_call>') : -1;
        if (close !== -1) {
          const rest = open.body.slice(close + '</tool_call>'.length);
          open.body = open.body.slice(0, close);
          pendingStart -= rest.length;
          pending = rest;
        }
        closeCall(open);
        run(true);
      }
      if (suspended.length > 0) {
        parts.push(...suspended);
        suspended = [];
        inThinking = false;
      }
      return drain();
    },
    get inside() {
      if (call !== undefined || suspended.length > 0) return 'tool-call';
      return inThinking ? 'thinking' : 'text';
    },
  };
}
