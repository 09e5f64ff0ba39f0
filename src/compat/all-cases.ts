/** Every case, in the order of the report. */
import { concurrencyCases } from './cases/concurrency.ts';
import { contentCases } from './cases/content.ts';
import { countingCases } from './cases/counting.ts';
import { endpointsCases } from './cases/endpoints.ts';
import { errorsCases } from './cases/errors.ts';
import { headersCases } from './cases/headers.ts';
import { keysCases } from './cases/keys.ts';
import { limitsCases } from './cases/limits.ts';
import { messagesCases } from './cases/messages.ts';
import { modelsCases } from './cases/models.ts';
import { responseCases } from './cases/response.ts';
import { streamingCases } from './cases/streaming.ts';
import { structuredOutputCases } from './cases/structured-output.ts';
import { thinkingCases } from './cases/thinking.ts';
import { toolsCases } from './cases/tools.ts';
import { usageCases } from './cases/usage.ts';
import { validationCases } from './cases/validation.ts';
import type { CompatCase } from './compat-case.ts';

export const allCases: readonly CompatCase[] = [
  ...endpointsCases,
  ...headersCases,
  ...keysCases,
  ...messagesCases,
  ...contentCases,
  ...responseCases,
  ...streamingCases,
  ...toolsCases,
  ...thinkingCases,
  ...structuredOutputCases,
  ...usageCases,
  ...countingCases,
  ...modelsCases,
  ...validationCases,
  ...errorsCases,
  ...limitsCases,
  ...concurrencyCases,
];
