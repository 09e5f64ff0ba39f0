/** The cases of `content/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { documentBlocks } from './content/document-blocks.ts';
import { documentText } from './content/document-text.ts';
import { imageBase64 } from './content/image-base64.ts';
import { imageTypeWrong } from './content/image-type-wrong.ts';
import { imageUrl } from './content/image-url.ts';
import { oddCharacters } from './content/odd-characters.ts';
import { pdf } from './content/pdf.ts';
import { searchResult } from './content/search-result.ts';
import { serverToolHistory } from './content/server-tool-history.ts';

export const contentCases: readonly CompatCase[] = [
  documentText,
  documentBlocks,
  searchResult,
  imageBase64,
  imageUrl,
  imageTypeWrong,
  pdf,
  serverToolHistory,
  oddCharacters,
];
