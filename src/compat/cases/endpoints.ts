/** The cases of `endpoints/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { batches } from './endpoints/batches.ts';
import { files } from './endpoints/files.ts';
import { headProbes } from './endpoints/head-probes.ts';
import { jsonContentType } from './endpoints/json-content-type.ts';
import { messages } from './endpoints/messages.ts';
import { queryIgnored } from './endpoints/query-ignored.ts';
import { unknownPath } from './endpoints/unknown-path.ts';
import { wrongMethod } from './endpoints/wrong-method.ts';

export const endpointsCases: readonly CompatCase[] = [
  messages,
  jsonContentType,
  queryIgnored,
  headProbes,
  unknownPath,
  wrongMethod,
  batches,
  files,
];
