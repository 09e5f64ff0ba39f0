import type { JsonState } from './json-scan.ts';
import type { WrittenCall } from './output-parser.ts';

/** Reads one call as its text arrives. */
export interface CallReader {
  push(text: string): void;
  /** `inside-string`: a tag here belongs to a value. `broken`: this cannot become a call any more. */
  readonly state: JsonState;
  /** The call, when it is whole if it ends here; `closed` by its tag, or only by the end of the text. */
  call(closed: boolean): WrittenCall | null;
}

/** Longest name and punctuation between what opens a call, or an argument, and its content, characters. */
export const headingChars = 300;
