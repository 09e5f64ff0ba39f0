/**
 * A call whose arguments stand one by one between tags, their values as plain text. Values may hold
 * anything but the tag that ends them.
 */
import { type CallReader, headingChars } from './call-reader.ts';
import type { WrittenCall, WrittenField } from './output-parser.ts';

export interface FieldCallForm {
  /** The tool's name (group 1) and all before the first argument. Sticky (`y`), as the others. */
  readonly heading: RegExp;
  /** An argument's name (group 1) and all before its value. */
  readonly field: RegExp;
  readonly valueEnd: string;
  /** What ends the call inside its outer tag; null where only the outer tag ends it. */
  readonly end: RegExp | null;
  /** The value as it was meant. */
  readonly value: (text: string) => string;
}

export function createFieldCallReader(form: FieldCallForm): CallReader {
  let text = '';
  let at = 0;
  /** Where to look on for the end of a value. */
  let searched = 0;
  let stage: 'heading' | 'fields' | 'value' | 'done' | 'broken' = 'heading';
  let name = '';
  let key = '';
  const fields: WrittenField[] = [];

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return undefined;
    at = pattern.lastIndex;
    return found[1] ?? '';
  }

  /** One step; false when more text is needed. */
  function step(): boolean {
    switch (stage) {
      case 'heading': {
        const found = match(form.heading);
        if (found === undefined) return outgrown();
        name = found;
        stage = 'fields';
        return true;
      }
      case 'fields': {
        const found = match(form.field);
        if (found !== undefined) {
          key = found;
          searched = at;
          stage = 'value';
          return true;
        }
        if (form.end !== null && match(form.end) !== undefined) {
          stage = 'done';
          return true;
        }
        // Between arguments there are only tags.
        if (/\s*[^\s<]/y.test(text.slice(at, at + headingChars))) stage = 'broken';
        return outgrown();
      }
      case 'value': {
        const end = text.indexOf(form.valueEnd, searched);
        if (end === -1) {
          searched = Math.max(at, text.length - form.valueEnd.length + 1);
          return false;
        }
        fields.push([key, form.value(text.slice(at, end))]);
        at = end + form.valueEnd.length;
        stage = 'fields';
        return true;
      }
      case 'done':
        if (text.slice(at).trim() !== '') stage = 'broken';
        return false;
      case 'broken':
        return false;
    }
  }

  function outgrown(): boolean {
    if (text.length - at > headingChars) stage = 'broken';
    return false;
  }

  return {
    get state() {
      if (stage === 'value') return 'inside-string';
      if (stage === 'done') return 'complete';
      if (stage === 'broken') return 'broken';
      return text.trim() === '' ? 'empty' : 'inside';
    },
    push(more) {
      text += more;
      while (step());
    },
    call(closed): WrittenCall | null {
      if (stage === 'done') return { name, fields };
      // Without an end of its own, what is not closed may lack its last arguments.
      if (form.end !== null || !closed) return null;
      const rest = text.slice(at).trim();
      if (stage === 'heading' && /^[^\s<>]+$/.test(rest)) return { name: rest, fields };
      return stage === 'fields' && rest === '' ? { name, fields } : null;
    },
  };
}
