/**
 * Reads the Harmony format of gpt-oss: an answer is a row of messages, each with a heading that says
 * whom it is for. The prompt ends in `<|start|>assistant`, so the answer begins inside a heading:
 *
 *     <|channel|>analysis<|message|>I look it up.<|end|>
 *     <|start|>assistant<|channel|>commentary to=functions.find <|constrain|>json<|message|>{"of": "a"}
 *     -> thinking "I look it up."   tool-call find '{"of": "a"}'
 *
 * `analysis` is reasoning, `final` and `commentary` without a recipient are text; a message with a
 * recipient is a call, in whatever channel and on whichever side of the channel's name it is given.
 * Broken output it reads on purpose: messages that are not ended before the next begins, text outside
 * of any message, an answer without any heading (also that of a prefill), headings that never end.
 */
import type { CallReader } from './call-reader.ts';
import { createJsonCallReader, plainHeading } from './json-call.ts';
import { type OutputParser, type OutputParserOptions, PartList } from './output-parser.ts';
import { PendingText } from './pending-text.ts';
import { createTagSet } from './tags.ts';
import { trailingSpaceStart } from './trailing-space.ts';

const ends = ['<|end|>', '<|call|>', '<|return|>'];
export const channelTags = [...ends, '<|start|>', '<|channel|>', '<|message|>', '<|constrain|>'];
const tags = createTagSet(channelTags);

/** Longest heading, characters. */
const headingChars = 300;

type Inside =
  | { readonly kind: 'heading'; readonly start: number; text: string }
  | { readonly kind: 'text' | 'thinking' }
  | { readonly kind: 'call'; readonly start: number; readonly name: string; readonly reader: CallReader; raw: string };

export function createChannelParser({ json = false }: OutputParserOptions): OutputParser {
  const pending = new PendingText();
  const parts = new PartList();
  let inside: Inside = { kind: 'heading', start: 0, text: '' };
  /** Whitespace between messages, and at the end of reasoning. */
  let held = '';
  /** All that comes is text (`json`). */
  let onlyText = false;
  let said = false;

  function say(text: string): void {
    if (inside.kind !== 'text' && inside.kind !== 'thinking') return;
    const all = held + text;
    held = '';
    const rest = said ? all : all.trimStart();
    if (rest === '') return;
    said = true;
    if (inside.kind === 'text') {
      onlyText = json;
      parts.say('text', rest);
      return;
    }
    const end = trailingSpaceStart(rest);
    parts.say('thinking', rest.slice(0, end));
    held = rest.slice(end);
  }

  function open(next: Inside): void {
    if (inside.kind === 'call') closeCall(inside);
    held = '';
    said = false;
    inside = next;
  }

  function closeCall(call: Extract<Inside, { kind: 'call' }>): void {
    const written = call.reader.call(true);
    const place = { raw: tags.remove(call.raw).trim(), start: call.start, follows: call.start > 0 };
    if (written === null) parts.add({ type: 'broken-tool-call', ...place, raw: `${call.name} ${place.raw}`.trim() });
    else if ('json' in written)
      parts.add({ type: 'tool-call', call: { name: call.name, json: written.json }, ...place });
  }

  /** `<|message|>`: the heading is whole. */
  function takeHeading({ text, start }: { readonly text: string; readonly start: number }): void {
    const recipient = /\bto=(?:functions\.)?([^\s<]+)/.exec(text)?.[1];
    if (recipient !== undefined && !people.has(recipient)) {
      const reader = createJsonCallReader({ heading: plainHeading });
      open({ kind: 'call', start, name: recipient, reader, raw: '' });
    } else open({ kind: /<\|channel\|>\s*analysis/.test(text) ? 'thinking' : 'text' });
  }

  function takeTag(tag: string, start: number): void {
    if (tag === '<|message|>') {
      if (inside.kind === 'heading') takeHeading(inside);
    } else if (inside.kind === 'heading') {
      // A channel's name after the heading's first words, or a heading begun twice.
      if (tag === '<|channel|>' || tag === '<|constrain|>') inside.text += tag;
      else if (tag === '<|start|>') inside.text = '';
      else open({ kind: 'text' });
    } else if (tag === '<|start|>' || tag === '<|channel|>') {
      open({ kind: 'heading', start, text: tag === '<|channel|>' ? tag : '' });
    } else if (tag !== '<|constrain|>') open({ kind: 'text' });
  }

  /** Words that are neither in a message nor part of a heading. */
  function takeWords(words: string): void {
    switch (inside.kind) {
      case 'heading': {
        inside.text += words;
        const given = inside.text;
        if (given.length <= headingChars && couldBeHeading(given)) return;
        openWords(given);
        return;
      }
      case 'call':
        inside.raw += words;
        inside.reader.push(words);
        return;
      default:
        say(words);
    }
  }

  /** What was taken for a heading is text; also how a prefill goes on, whose first space counts. */
  function openWords(heading: string): void {
    open({ kind: 'text' });
    said = true;
    say(tags.remove(heading.replace(/^assistant(?=\b)/, '')));
  }

  function run(atEnd: boolean): void {
    while (pending.text !== '') {
      const at = onlyText ? -1 : tags.find(pending.text);
      if (at !== 0) {
        takePlain(pending.take(at === -1 ? pending.text.length : at));
        continue;
      }
      if (inside.kind === 'call' && inside.reader.state === 'inside-string') {
        takeWords(pending.take(1));
        continue;
      }
      const match = tags.match(pending.text, 0, inside.kind === 'text' ? pending.before : undefined, atEnd);
      if (match.kind === 'undecided') return;
      const { start } = pending;
      if (match.kind === 'text') takeWords(pending.take(match.length));
      else {
        pending.skip(match.tag.length);
        takeTag(match.tag, start);
      }
    }
  }

  /** Where a heading turns into text depends on single characters, not on how the text was cut. */
  function takePlain(words: string): void {
    let from = 0;
    while (inside.kind === 'heading' && from < words.length) takeWords(words[from++]!);
    if (from < words.length) takeWords(words.slice(from));
  }

  return {
    push(text) {
      pending.push(text);
      run(false);
      return parts.drain();
    },
    end() {
      run(true);
      if (inside.kind === 'call') open({ kind: 'text' });
      else if (inside.kind === 'heading' && !inside.text.includes('<|channel|>')) openWords(inside.text);
      return parts.drain();
    },
    get inside() {
      return inside.kind === 'call' ? 'tool-call' : inside.kind === 'thinking' ? 'thinking' : 'text';
    },
  };
}

const people = new Set(['assistant', 'user', 'all']);

/** A role, a recipient, and from the channel's name on whatever stands there. */
function couldBeHeading(text: string): boolean {
  if (text.includes('<|channel|>')) return !text.includes('\n');
  return /^\s*(?:a(?:s(?:s(?:i(?:s(?:t(?:a(?:n(?:t)?)?)?)?)?)?)?)?)?(?:\s+(?:t(?:o(?:=\S*)?)?)?\s*)?$/.test(text);
}
