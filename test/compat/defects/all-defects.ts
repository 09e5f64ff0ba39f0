/** Every defect, by the id of the case that must notice it. */
import { endpoints, headersOf, keys } from './edge.ts';
import { content, messages, structuredOutput, thinking } from './messages.ts';
import { concurrency, errorDefects, limits, validation } from './refusals.ts';
import { response, streaming } from './streaming.ts';
import type { DefectTable } from './table.ts';
import { counting, models, tools, usage } from './tools.ts';

export const defects: DefectTable = {
  ...endpoints,
  ...headersOf,
  ...keys,
  ...messages,
  ...content,
  ...response,
  ...streaming,
  ...tools,
  ...thinking,
  ...structuredOutput,
  ...usage,
  ...counting,
  ...models,
  ...validation,
  ...errorDefects,
  ...limits,
  ...concurrency,
};
