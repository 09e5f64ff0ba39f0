/** The cases of `headers/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { claudeCodeHeaders } from './headers/claude-code-headers.ts';
import { noSubscriptionHeaders } from './headers/no-subscription-headers.ts';
import { rateLimitForm } from './headers/rate-limit-form.ts';
import { requestCharset } from './headers/request-charset.ts';
import { requestId } from './headers/request-id.ts';
import { requestIdInErrors } from './headers/request-id-in-errors.ts';
import { streamUncompressed } from './headers/stream-uncompressed.ts';
import { unknownBetas } from './headers/unknown-betas.ts';
import { version2023 } from './headers/version-2023.ts';
import { version2026 } from './headers/version-2026.ts';
import { versionAbsent } from './headers/version-absent.ts';

export const headersCases: readonly CompatCase[] = [
  version2023,
  version2026,
  versionAbsent,
  unknownBetas,
  claudeCodeHeaders,
  requestCharset,
  requestId,
  requestIdInErrors,
  noSubscriptionHeaders,
  rateLimitForm,
  streamUncompressed,
];
