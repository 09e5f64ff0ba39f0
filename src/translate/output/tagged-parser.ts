/**
 * Raw text of a model, in pieces cut anywhere, to text, reasoning and tool calls, for the families that
 * mark them with tags.
 *
 * Promises, each a property test for every family: cutting the same text elsewhere changes nothing; no
 * tag reaches a client; nothing but tags and the whitespace around blocks is dropped; only what may
 * become a tag is held back (and a tool call, which is atomic anyway).
 *
 * A worked example, `thinkingOpen` because the prompt ends in `<think>\n`:
 *
 *     "Look it up.\n</th" "ink>\n\n<tool_call>\n{\"name\": \"find\", \"arguments\": {}}" (end)
 *     -> thinking "Look it up."   tool-call '{"name": "find", "arguments": {}}'
 *
 * Broken output it reads on purpose:
 * - a call that is not closed, but is whole, is a call;
 * - `</tool_call>` inside a string of the arguments is part of the string, unless the string breaks
 *   off (a raw line break), which JSON does not allow;
 * - stray, doubled and nested tags are dropped;
 * - a call inside reasoning is reasoning, unless nothing but calls follows to the end: then the model
 *   forgot to close its reasoning, and a client would otherwise never see the call.
 */
import type { CallReader } from './call-reader.ts';
import { type CallPart, type OutputParser, type OutputParserOptions, PartList } from './output-parser.ts';
import { PendingText } from './pending-text.ts';
import { type TaggedSyntax, tagsOf } from './tagged-syntax.ts';
import { createTagSet } from './tags.ts';
import { trailingSpaceStart } from './trailing-space.ts';

interface OpenCall {
  readonly start: number;
  readonly reader: CallReader;
  /** Begun by its `{` alone, where text could begin too, and nothing said yet that it is a call. */
  doubtful: boolean;
  body: string;
}

const leadingSpace = /^[ \t\r\n]+/;

export function createTaggedParser(syntax: TaggedSyntax, options: OutputParserOptions): OutputParser {
  const { json = false, thinkingOpen, inList = false } = options;
  const { calls } = syntax;
  const tags = createTagSet(tagsOf(syntax));
  const thinkOpens = new Set(syntax.thinking.map(([open]) => open));
  const thinkCloses = new Set(syntax.thinking.map(([, close]) => close));
  const callOpens = new Set([...(calls?.open ?? []), ...(calls?.openAndKept ?? [])]);
  const keptOpens = new Set(calls?.openAndKept);
  const callCloses = new Set(calls?.close);
  const endsWhenWhole = calls !== null && (calls.endsWhenWhole === true || calls.close.length === 0);

  const pending = new PendingText();
  const parts = new PartList();
  let inThinking = thinkingOpen;
  let call: OpenCall | undefined;
  /** Calls met inside reasoning, waiting to learn whether anything else follows. */
  let suspended: CallPart[] = [];
  /** Whitespace is dropped until something else comes. */
  let eatSpace = thinkingOpen;
  /** Whitespace inside reasoning that may turn out to be its end. */
  let heldSpace = '';
  /** Tags are not looked for any more (`json`). */
  let onlyText = false;
  /** Where an open list of calls began. */
  let listStart: number | undefined = inList ? 0 : undefined;
  /** Where the last call of the list ended. */
  let lastCallEnd: number | undefined = inList ? 0 : undefined;
  /** A `{` here begins a call. */
  let untagged: 'no' | 'first' | 'further' = inList ? furtherIfAny() : calls?.untagged === 'first' ? 'first' : 'no';

  function furtherIfAny(): 'further' | 'no' {
    return calls?.untagged === undefined ? 'no' : 'further';
  }

  /** Plain characters of the text or the reasoning. */
  function say(text: string): void {
    const rest = eatSpace ? text.replace(leadingSpace, '') : text;
    if (rest === '') return;
    eatSpace = false;
    if (suspended.length > 0) resumeThinking();
    if (!inThinking) {
      if (rest.trim() !== '') {
        untagged = 'no';
        listStart = undefined;
        lastCallEnd = undefined;
        onlyText = json;
      }
      parts.say('text', rest);
      return;
    }
    const end = trailingSpaceStart(rest);
    if (end > 0) {
      parts.say('thinking', heldSpace + rest.slice(0, end));
      heldSpace = '';
    }
    heldSpace += rest.slice(end);
  }

  /** Something follows the calls in the reasoning: they were only thought of. */
  function resumeThinking(): void {
    const thoughts = suspended.map(({ raw }) => raw).join('\n');
    suspended = [];
    lastCallEnd = undefined;
    parts.say('thinking', heldSpace + thoughts.trim());
    heldSpace = '\n';
  }

  function openCall(tagStart: number, doubtful = false): void {
    const start = lastCallEnd ?? listStart ?? tagStart;
    call = { start, reader: calls!.newCall(), body: '', doubtful }; // only tags of `calls` lead here
  }

  function closeCall(ended: OpenCall, closed: boolean): void {
    call = undefined;
    pending.begin();
    const written = ended.reader.call(closed);
    const place = {
      raw: tags.remove(ended.body).trim(),
      start: ended.start,
      follows: lastCallEnd !== undefined,
    };
    eatSpace = true;
    const part: CallPart =
      written === null ? { type: 'broken-tool-call', ...place } : { type: 'tool-call', call: written, ...place };
    if (inThinking) suspended.push(part);
    else parts.add(part);
    untagged = furtherIfAny();
    if (listStart !== undefined || untagged !== 'no') lastCallEnd = pending.start;
  }

  function takeTag(tag: string, start: number): void {
    if (callOpens.has(tag)) {
      openCall(start);
      if (keptOpens.has(tag)) append(call!, tag);
      return;
    }
    if (tag === calls?.list?.[0]) {
      listStart = start;
      lastCallEnd = undefined;
    } else if (tag === calls?.list?.[1]) {
      listStart = undefined;
      lastCallEnd = undefined;
    } else if (thinkOpens.has(tag) && !inThinking) {
      inThinking = true;
      heldSpace = '';
    } else if (thinkCloses.has(tag) && inThinking) {
      if (suspended.length > 0) resumeThinking();
      inThinking = false;
      heldSpace = '';
    } else if (inThinking) {
      // A stray tag in the middle of reasoning: the words around it stay apart or together as they were.
      return;
    }
    eatSpace = true;
  }

  /** Decides as much of the pending text as can be decided. */
  function run(atEnd: boolean): void {
    while (pending.text !== '') {
      if (call !== undefined) {
        if (!runCall(call, atEnd)) return;
        continue;
      }
      if (untagged !== 'no' && !inThinking && !onlyText && runUntagged()) continue;
      const at = onlyText ? -1 : tags.find(pending.text);
      if (at !== 0) {
        say(pending.take(at === -1 ? pending.text.length : at));
        continue;
      }
      const match = tags.match(pending.text, 0, pending.before, atEnd);
      if (match.kind === 'undecided') return;
      const { start } = pending;
      if (match.kind === 'text') say(pending.take(match.length));
      else {
        pending.skip(match.tag.length);
        takeTag(match.tag, start);
      }
    }
  }

  /** Where a call may begin without a tag; true when it took something. */
  function runUntagged(): boolean {
    const further = untagged === 'further';
    const gap = (further ? (calls?.between ?? leadingSpace) : leadingSpace).exec(pending.text)?.[0] ?? '';
    if (gap !== '') {
      pending.take(gap.length);
      if (!further) say(gap);
      return true;
    }
    if (pending.text[0] === '{') {
      openCall(pending.start, !further);
      return true;
    }
    // A tag decides for itself; words do not begin a call.
    if (tags.find(pending.text[0]!) !== 0) untagged = 'no';
    return false;
  }

  /** One step inside a call; false when more text is needed. */
  function runCall(open: OpenCall, atEnd: boolean): boolean {
    const { reader } = open;
    const at = tags.find(pending.text);
    if (at !== 0) {
      append(open, pending.take(at === -1 ? pending.text.length : at));
    } else if (reader.state === 'inside-string') {
      append(open, pending.take(1));
    } else {
      const match = tags.match(pending.text, 0, undefined, atEnd);
      if (match.kind === 'undecided') return false;
      if (match.kind === 'text') append(open, pending.take(match.length));
      else takeTagInCall(open, match.tag);
    }
    return true;
  }

  function append(open: OpenCall, text: string): void {
    if (!endsWhenWhole) {
      open.body += text;
      open.reader.push(text);
      // Reasoning about calls, not a call: what was held back is reasoning again.
      if (inThinking && open.reader.state === 'broken') giveBack(open);
      return;
    }
    for (let i = 0; i < text.length; i++) {
      open.body += text[i]!;
      open.reader.push(text[i]!);
      const whole = open.reader.state === 'complete';
      if (open.doubtful) {
        const looks = calls?.looksLikeCall?.(open.body) ?? 'yes';
        if (looks === 'no' || (whole && looks !== 'yes')) {
          pending.putBack(text.slice(i + 1));
          giveBack(open);
          return;
        }
        open.doubtful = looks !== 'yes';
      }
      if (whole || (inThinking && open.reader.state === 'broken')) {
        pending.putBack(text.slice(i + 1));
        if (whole) closeCall(open, true);
        else giveBack(open);
        return;
      }
    }
  }

  function giveBack(open: OpenCall): void {
    call = undefined;
    if (open.doubtful) untagged = 'no';
    pending.putBack(open.body);
    // The tag that was its first words would open it again.
    for (const tag of keptOpens) if (open.body.startsWith(tag)) pending.skip(tag.length);
  }

  function takeTagInCall(open: OpenCall, tag: string): void {
    const { start } = pending;
    const { state } = open.reader;
    if (callCloses.has(tag)) {
      pending.skip(tag.length);
      closeCall(open, true);
    } else if (callOpens.has(tag)) {
      pending.skip(tag.length);
      if (state !== 'empty') {
        closeCall(open, false);
        openCall(start);
      }
      if (keptOpens.has(tag)) append(call ?? open, tag);
    } else if (state === 'complete' || tag === calls?.list?.[1]) {
      closeCall(open, true);
    } else if (inThinking && thinkCloses.has(tag)) {
      giveBack(open);
    } else {
      append(open, pending.take(tag.length));
    }
  }

  /** The text ends inside a call. */
  function endCall(open: OpenCall): void {
    if (open.doubtful) {
      giveBack(open);
      return;
    }
    // A string that never ended hid the closing tag: the call stops there, the rest is read on.
    if (open.reader.state === 'inside-string') {
      for (const close of callCloses) {
        const at = open.body.indexOf(close);
        if (at === -1) continue;
        pending.putBack(open.body.slice(at + close.length));
        open.body = open.body.slice(0, at);
        break;
      }
    }
    closeCall(open, false);
  }

  return {
    push(text) {
      // Almost every piece: plain text with nothing undecided before it.
      const plain = !json && pending.text === '' && call === undefined && !inThinking && !eatSpace;
      if (plain && untagged === 'no' && tags.find(text) === -1 && lastCallEnd === undefined) {
        if (text === '') return [];
        pending.push(text);
        pending.take(text.length);
        return [{ type: 'text', text }];
      }
      pending.push(text);
      run(false);
      return parts.drain();
    },
    end() {
      run(true);
      while (call !== undefined) {
        endCall(call);
        run(true);
      }
      if (suspended.length > 0) {
        parts.add(...suspended);
        suspended = [];
        inThinking = false;
      }
      return parts.drain();
    },
    get inside() {
      if (call !== undefined || suspended.length > 0) return 'tool-call';
      return inThinking ? 'thinking' : 'text';
    },
  };
}
