/** What a caller is told about a PDF that cannot be read. */
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';

const refuse = (message: string): ApiFailure => new ApiFailure(apiError('invalid_request', message));

export const tooLarge = (path: string, seen: string): ApiFailure =>
  refuse(
    `${path}: this PDF ${seen}; at most ${limits.pdfPages} pages and ${limits.pdfTextChars} characters are read. Split it, or send the part that matters.`,
  );

/** Only the kind of the library's error: its message may quote the document. */
export function unreadable(path: string, error: unknown): ApiFailure {
  const name = error instanceof Error ? error.name : '';
  return name === 'PasswordException'
    ? refuse(`${path}: this PDF is locked with a password. Send it without.`)
    : refuse(`${path}: this is not a PDF that can be read (it is damaged, or of another kind). Send its text instead.`);
}

/** A scan: pictures of pages. */
export const withoutText = (path: string): ApiFailure =>
  refuse(
    `${path}: this PDF holds no text (a scan?), and models here read text only. Run text recognition on it first, or send the text.`,
  );

/** Begins with words of the API, on which Claude Code takes the documents out and goes on. */
export const readingTookTooLong = (): ApiFailure =>
  refuse(
    `messages: Could not process PDF documents of this request within ${limits.pdfReadMs / 1000} s and ${limits.pdfMemoryMb} MB. Send fewer or simpler ones, or their text.`,
  );
