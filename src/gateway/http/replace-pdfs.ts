/** Puts the text of a request's PDFs where they stood, so that everything behind reads documents of text. */
import type { DocumentBlock } from '../../contract/anthropic/blocks.ts';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import { ApiFailure } from '../../contract/errors.ts';
import { withoutText } from './pdf-errors.ts';

/** Base64 of a PDF and the path of its field -> its text, '' when it has none; rejects with `ApiFailure`. */
export type ReadPdf = (base64: string, path: string) => Promise<string>;

/** Changes the request. Rejects with `ApiFailure` when the user's own PDF cannot be read. */
export async function replacePdfs(request: MessagesRequest, readPdf: ReadPdf): Promise<void> {
  for (const [at, { content }] of request.messages.entries()) {
    if (typeof content === 'string') continue;
    for (const [index, block] of (content ?? []).entries()) {
      if (block.type === 'document') {
        // The type belongs into the path: see `use-blocks.ts`.
        const path = `messages.${at}.content.${index}.document.source`;
        const text = await textOf(block, path, readPdf);
        if (text === '') throw withoutText(path);
        if (text !== undefined) setText(block, text);
      } else if (block.type === 'tool_result' && typeof block.content !== 'string') {
        for (const part of block.content ?? []) if (part.type === 'document') await replaceInResult(part, readPdf);
      }
    }
  }
}

/** A tool answered with it: a refusal would end the client's session for good, so the model is told instead. */
async function replaceInResult(block: DocumentBlock, readPdf: ReadPdf): Promise<void> {
  try {
    const text = await textOf(block, '', readPdf);
    if (text !== undefined) setText(block, text === '' ? '[This PDF holds no text: you cannot see its pages.]' : text);
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    setText(block, '[A PDF was here. It could not be read.]');
  }
}

const textOf = ({ source }: DocumentBlock, path: string, readPdf: ReadPdf): Promise<string> | undefined =>
  source.type === 'base64' ? readPdf(source.data, path) : undefined;

/** The request is ours, fresh from its bytes. */
function setText(block: DocumentBlock, data: string): void {
  (block as { source: DocumentBlock['source'] }).source = { type: 'text', data };
}
