/** A call whose arguments are a JSON object, after a heading of the family's own form. */
import { type CallReader, headingChars } from './call-reader.ts';
import { createJsonScanner } from './json-scan.ts';
import type { WrittenCall } from './output-parser.ts';

export interface JsonCallForm {
  /** What stands before the object; its group `name` is the tool. Without one, the object names the tool. */
  readonly heading: RegExp;
  /** Characters that may follow the object. */
  readonly trailing?: RegExp;
}

const whitespace = /\s/;

export function createJsonCallReader({ heading, trailing = whitespace }: JsonCallForm): CallReader {
  const scanner = createJsonScanner();
  let head = '';
  let json = '';
  /** The tool's name once the object has begun; null where the object holds it. */
  let name: string | null | undefined;
  let failed = false;

  function take(char: string): void {
    if (failed) return;
    if (name === undefined) {
      if (char !== '{') {
        head += char;
        failed = head.length > headingChars || (plain && !whitespace.test(char));
        return;
      }
      const match = heading.exec(head);
      failed = match === null;
      name = match?.groups?.name ?? null;
    } else if (scanner.state === 'complete') {
      failed = !trailing.test(char);
      return;
    }
    json += char;
    scanner.push(char);
  }

  /** Nothing but whitespace comes before the object: anything else is known at once to be no call. */
  const plain = heading.source === plainHeading.source;

  return {
    get state() {
      if (failed) return 'broken';
      if (name === undefined) return head.trim() === '' ? 'empty' : 'inside';
      return scanner.state;
    },
    push(text) {
      for (let i = 0; i < text.length; i++) take(text[i]!);
    },
    call(): WrittenCall | null {
      if (failed || scanner.state !== 'complete') return null;
      return typeof name === 'string' ? { name, json } : { json };
    },
  };
}

/** The object comes at once. */
export const plainHeading = /^\s*$/;
