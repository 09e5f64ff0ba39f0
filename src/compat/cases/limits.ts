/** The cases of `limits/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { bodyTooLarge } from './limits/body-too-large.ts';
import { brokenHttp } from './limits/broken-http.ts';
import { compressedBody } from './limits/compressed-body.ts';
import { deepNesting } from './limits/deep-nesting.ts';
import { duplicateKeys } from './limits/duplicate-keys.ts';
import { invalidUtf8 } from './limits/invalid-utf8.ts';
import { loneSurrogate } from './limits/lone-surrogate.ts';
import { manyKeys } from './limits/many-keys.ts';
import { manyTools } from './limits/many-tools.ts';
import { numberOutOfRange } from './limits/number-out-of-range.ts';
import { promptTooLong } from './limits/prompt-too-long.ts';

export const limitsCases: readonly CompatCase[] = [
  promptTooLong,
  bodyTooLarge,
  deepNesting,
  manyKeys,
  manyTools,
  numberOutOfRange,
  loneSurrogate,
  invalidUtf8,
  compressedBody,
  duplicateKeys,
  brokenHttp,
];
