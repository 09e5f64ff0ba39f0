/**
 * Reads the `content` of a server that was started without the right parser, or has a bug in it: reasoning in tags
 * at the start of the answer, and tool calls written as the model writes them. The family is told by the first tag
 * met; until one is, text passes through, and only what may become a tag is held back.
 *
 *     "Look. <tool" | "_call>{\"name\": \"find\", ..."   ->  text "Look. ", then the Hermes parser has the rest
 */
import { deepseekV31 } from '../families/deepseek.ts';
import type { Family } from '../families/family.ts';
import { glmLines } from '../families/glm.ts';
import { harmony } from '../families/harmony.ts';
import { hermes } from '../families/hermes.ts';
import { kimi } from '../families/kimi.ts';
import { llama3 } from '../families/llama3.ts';
import { mistralNamed } from '../families/mistral.ts';
import { qwen3Coder } from '../families/qwen3-coder.ts';
import { type OutputParser, PartList } from '../output/output-parser.ts';

export interface RescueOptions {
  /** Tools were offered: what looks like a call may be one. */
  readonly tools: boolean;
  /** The prompt has opened reasoning already; its closing tag comes without an opening one. */
  readonly thinkingOpen: boolean;
}

/** What opens a call, and whose it is when what follows fits. `open` alone is not enough to tell. */
const openings: readonly { readonly open: string; readonly looks: RegExp; readonly family: Family }[] = [
  { open: '<tool_call>', looks: /^<tool_call>\s*\{/, family: hermes },
  { open: '<tool_call>', looks: /^<tool_call>\s*<function=/, family: qwen3Coder },
  { open: '<tool_call>', looks: /^<tool_call>\s*[\w.-]+\s*<(?:arg_key>|\/tool_call>)/, family: glmLines },
  { open: '<function=', looks: /^<function=[^>\s]+>/, family: qwen3Coder },
  { open: '[TOOL_CALLS]', looks: /^/, family: mistralNamed },
  { open: '<|python_tag|>', looks: /^/, family: llama3 },
  // Its reader reads the older form too.
  { open: '<｜tool▁calls▁begin｜>', looks: /^/, family: deepseekV31 },
  { open: '<|tool_calls_section_begin|>', looks: /^/, family: kimi },
  { open: '<|channel|>', looks: /^/, family: harmony },
];
const opens: readonly string[] = [...new Set(openings.map(({ open }) => open))];

const thoughts: readonly (readonly [open: string, close: string])[] = [
  ['<think>', '</think>'],
  ['[THINK]', '[/THINK]'],
];

/** How much is looked at to tell a family, characters: a tool's name and some space. */
const undecidedChars = 200;

export function createRescueParser({ tools, thinkingOpen }: RescueOptions): OutputParser {
  const parts = new PartList();
  let held = '';
  let place: 'start' | 'thinking' | 'text' = thinkingOpen ? 'thinking' : 'start';
  let close = '</think>';
  let parser: OutputParser | undefined;

  function hand(family: Family): void {
    parser = family.newParser({ thinkingOpen: false });
    parts.add(...parser.push(held));
    held = '';
  }

  /** Decides as much of `held` as can be decided. */
  function run(atEnd: boolean): void {
    if (place === 'start' && !leaveStart(atEnd)) return;
    if (place === 'thinking') {
      const end = held.indexOf(close);
      if (end === -1) {
        const keep = atEnd ? 0 : heldBack(held, [close]);
        parts.say('thinking', held.slice(0, held.length - keep));
        held = held.slice(held.length - keep);
        return;
      }
      parts.say('thinking', held.slice(0, end).trimEnd());
      held = held.slice(end + close.length).trimStart();
      place = 'start';
      if (held !== '' || atEnd) run(atEnd);
      return;
    }
    if (place === 'text') runText(atEnd);
  }

  /** At the start of the answer, or behind its reasoning: space, a thought, bare JSON of a call, or text. */
  function leaveStart(atEnd: boolean): boolean {
    const begun = held.trimStart();
    if (begun === '' && !atEnd) return false;
    const thought = thoughts.find(([open]) => begun.startsWith(open));
    if (thought !== undefined) {
      held = begun.slice(thought[0].length).trimStart();
      close = thought[1];
      place = 'thinking';
      return true;
    }
    if (!atEnd && thoughts.some(([open]) => open.startsWith(begun))) return false;
    place = 'text';
    // Llama 3 marks its calls by nothing but their form; its reader gives back what is none.
    if (tools && begun.startsWith('{')) hand(llama3);
    return true;
  }

  function runText(atEnd: boolean): void {
    if (parser !== undefined) return;
    if (!tools) {
      parts.say('text', held);
      held = '';
      return;
    }
    const at = firstOpening(held);
    if (at === -1) {
      const keep = atEnd ? 0 : heldBack(held, opens);
      parts.say('text', held.slice(0, held.length - keep));
      held = held.slice(held.length - keep);
      return;
    }
    parts.say('text', held.slice(0, at));
    held = held.slice(at);
    const family = openings.find(({ open, looks }) => held.startsWith(open) && looks.test(held))?.family;
    if (family !== undefined) hand(family);
    else if (atEnd || held.length > undecidedChars) {
      // A tag that somebody talks about.
      parts.say('text', held.slice(0, 1));
      held = held.slice(1);
      runText(atEnd);
    }
  }

  return {
    push(text) {
      if (parser !== undefined) return parser.push(text);
      held += text;
      run(false);
      return parts.drain();
    },
    end() {
      if (parser === undefined) run(true);
      if (parser !== undefined) parts.add(...parser.end());
      return parts.drain();
    },
    get inside(): OutputParser['inside'] {
      if (parser !== undefined) return parser.inside;
      return place === 'thinking' ? 'thinking' : 'text';
    },
  };
}

const firstOpening = (text: string): number =>
  opens.reduce((first, open) => {
    const at = text.indexOf(open);
    return at !== -1 && (first === -1 || at < first) ? at : first;
  }, -1);

/** How many characters at the end may be the beginning of one of these. */
function heldBack(text: string, tags: readonly string[]): number {
  const longest = Math.max(...tags.map(({ length }) => length)) - 1;
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(-length);
    if (tags.some((tag) => tag.startsWith(end))) return length;
  }
  return 0;
}
