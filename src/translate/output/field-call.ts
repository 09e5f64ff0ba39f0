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
  /** What is not yet decided upon. Kept short: a value may be as long as a file. */
  let rest = '';
  let stage: 'heading' | 'fields' | 'value' | 'done' | 'broken' = 'heading';
  let name = '';
  let key = '';
  let value = '';
  const fields: WrittenField[] = [];

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = 0;
    const found = pattern.exec(rest);
    if (found === null) return undefined;
    rest = rest.slice(pattern.lastIndex);
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
          value = '';
          stage = 'value';
          return true;
        }
        if (form.end !== null && match(form.end) !== undefined) {
          stage = 'done';
          return true;
        }
        // Between arguments there are only tags.
        if (/^\s*[^\s<]/.test(rest.slice(0, headingChars))) stage = 'broken';
        return outgrown();
      }
      case 'value': {
        const end = rest.indexOf(form.valueEnd);
        const decided = end === -1 ? Math.max(0, rest.length - form.valueEnd.length + 1) : end;
        value += rest.slice(0, decided);
        rest = rest.slice(end === -1 ? decided : end + form.valueEnd.length);
        if (end === -1) return false;
        fields.push([key, form.value(value)]);
        stage = 'fields';
        return true;
      }
      case 'done':
        if (rest.trim() !== '') stage = 'broken';
        rest = '';
        return false;
      case 'broken':
        rest = '';
        return false;
    }
  }

  function outgrown(): boolean {
    if (rest.length > headingChars) stage = 'broken';
    return false;
  }

  return {
    get state() {
      if (stage === 'value') return 'inside-string';
      if (stage === 'done') return 'complete';
      if (stage === 'broken') return 'broken';
      return stage === 'heading' && rest.trim() === '' ? 'empty' : 'inside';
    },
    push(more) {
      rest += more;
      while (step());
    },
    call(closed): WrittenCall | null {
      if (stage === 'done') return { name, fields };
      // Without an end of its own, what is not closed may lack its last arguments.
      if (form.end !== null || !closed) return null;
      const left = rest.trim();
      if (stage === 'heading' && /^[^\s<>]+$/.test(left)) return { name: left, fields };
      return stage === 'fields' && left === '' ? { name, fields } : null;
    },
  };
}
