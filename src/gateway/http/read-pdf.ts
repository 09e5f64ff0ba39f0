/**
 * The text of a PDF. Runs in the thread of `prepare-worker.ts` only: a PDF is a program of a stranger's
 * making, and reading one may take any time and memory, so the thread has limits and is ended with them.
 */
import { extractText, getDocumentProxy } from 'unpdf';
import { ApiFailure } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { tooLarge, unreadable } from './pdf-errors.ts';

/** The text, page after page; '' when it has none (a scan). `path` is the field, for errors. */
export async function readPdf(base64: string, path: string): Promise<string> {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  let pages: readonly string[];
  try {
    // 0: errors only. The library would otherwise write warnings about a client's file to our output.
    const document = await getDocumentProxy(bytes, { verbosity: 0, maxImageSize: 0, disableFontFace: true });
    try {
      if (document.numPages > limits.pdfPages) throw tooLarge(path, `has ${document.numPages} pages`);
      pages = (await extractText(document)).text;
    } finally {
      await document.loadingTask.destroy();
    }
  } catch (error) {
    throw error instanceof ApiFailure ? error : unreadable(path, error);
  }
  const text = pages
    .map((page) => page.trim())
    .filter((page) => page !== '')
    .join('\n\n');
  if (text.length > limits.pdfTextChars) throw tooLarge(path, `holds ${text.length} characters of text`);
  return text;
}
